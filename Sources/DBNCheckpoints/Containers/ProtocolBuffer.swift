/// Kinds of models that are protocol buffers, which have no signature: their first fields show what
/// they are.
///
/// Source: `ModelProto` in onnx.proto, `SavedModel` in saved_model.proto of TensorFlow, `Model` in
/// Model.proto of Core ML. In all of them the first field is a small version.
enum ProtocolBuffer: Sendable {
  /// `ir_version`, then the text `producer_name` (field 2), or without it the number of an operator
  /// set or the graph (fields 7 and 8).
  case onnx
  /// `saved_model_schema_version` 1, then a `MetaGraphDef` (field 2), which begins with a message.
  case savedModel
  /// `specificationVersion`, then a description (field 2), which begins with a message.
  case coreML

  private static let firstField: UInt8 = 0x08
  private static let secondField: UInt8 = 0x12

  func matches(_ head: [UInt8]) -> Bool {
    guard head.count >= 8, head[0] == Self.firstField, 1...32 ~= head[1] else { return false }
    let (version, tag) = (head[1], head[2])
    guard tag == Self.secondField else {
      // Fields 7 and 8 of ONNX: the graph and the operator sets.
      return self == .onnx && (tag == 0x3A || tag == 0x42)
    }
    // The length of the second field takes up to ten bytes, all but the last with the first bit set.
    let length = head[3...].prefix { $0 & 0x80 != 0 }.count + 1
    guard length <= 5, head.count > 3 + length else { return false }
    let content = head[(3 + length)...]
    let isText = length == 1 && content.prefix(Int(head[3])).allSatisfy { 0x20...0x7E ~= $0 }
    let isMessage = content.first == 0x0A
    return switch self {
    case .onnx: isText && !isMessage
    case .savedModel: isMessage && version == 1 && length > 1
    case .coreML: isMessage && !(version == 1 && length > 1)
    }
  }
}
