extension ProgramCall {
  /// ATen's second names of operations, which have the same arguments.
  static let aliases: [String: String] = [
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin",
    "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh",
    "clip": "clamp", "divide": "div", "float_power": "pow", "fix": "trunc", "greater": "gt",
    "greater_equal": "ge", "less": "lt", "less_equal": "le", "moveaxis": "movedim",
    "multiply": "mul", "negative": "neg", "not_equal": "ne", "row_stack": "vstack",
    "special_erf": "erf", "special_erfc": "erfc", "special_exp2": "exp2",
    "special_expit": "sigmoid", "special_expm1": "expm1", "special_log1p": "log1p",
    "special_log_softmax": "log_softmax", "special_logsumexp": "logsumexp",
    "special_round": "round", "special_softmax": "softmax", "special_xlogy": "xlogy",
    "subtract": "sub", "true_divide": "div",
  ]
}
