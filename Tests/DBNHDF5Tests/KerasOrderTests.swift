import Testing

@testable import DBNHDF5

/// Where the order of a flattened image, or of one that is made of a vector, is another in PyTorch.
struct KerasOrderTests {
  /// A sequential model of these layers: class and members.
  private func notes(_ layers: [(String, String)]) throws -> [String] {
    let texts = layers.enumerated().map { number, layer in
      let size = #", "units": 3, "filters": 4"#
      return
        #"{"class_name": "\#(layer.0)", "config": {"name": "l\#(number)"\#(size)\#(layer.1)}}"#
    }
    let text =
      #"{"class_name": "Sequential", "config": {"name": "m", "layers": [\#(texts.joined(separator: ","))]}}"#
    return KerasOrder(try KerasConfiguration(parsing: text)).sentences
  }

  private static func input(_ shape: String) -> (String, String) {
    ("InputLayer", #", "batch_shape": [null, \#(shape)]"#)
  }

  private static func reshape(_ shape: String) -> (String, String) {
    ("Reshape", #", "target_shape": [\#(shape)]"#)
  }

  private static let keepDimensions = #", "keepdims": true"#
  private static let channelsFirst = #", "data_format": "channels_first""#

  /// What comes before and behind, and what is to be done in PyTorch; nil: nothing.
  private static let flattenings: [(layers: [(String, String)], words: String?)] = [
    ([("Conv2D", ""), ("Flatten", ""), ("Dense", "")], "x.permute(0, 2, 3, 1)"),
    (
      [("Conv2D", ""), ("MaxPooling2D", ""), ("Flatten", ""), ("Dense", "")], "permute(0, 2, 3, 1)"
    ),
    ([input("5, 5, 3"), ("Flatten", ""), ("Dense", "")], "x.permute(0, 2, 3, 1)"),
    ([("Conv2D", ""), reshape("-1"), ("Dense", "")], "x.permute(0, 2, 3, 1)"),
    ([("Conv2D", ""), reshape("4, 9"), ("LSTM", "")], "x.permute(0, 2, 3, 1)"),
    ([("Conv1D", ""), ("Flatten", ""), ("BatchNormalization", "")], "x.permute(0, 2, 1)"),
    ([("Conv3D", ""), ("ReLU", ""), ("Flatten", ""), ("Dense", "")], "x.permute(0, 2, 3, 4, 1)"),
    ([("Lambda", ""), ("Flatten", ""), ("Dense", "")], "if their input has channels"),
    ([("Conv2D", channelsFirst), ("Flatten", ""), ("Dense", "")], nil),
    (
      [("Conv2D", channelsFirst), ("Flatten", channelsFirst), ("Dense", "")],
      "x.permute(0, 2, 3, 1)"
    ),
    ([input("5"), ("Embedding", ""), ("Flatten", ""), ("Dense", "")], nil),
    ([input("28, 28"), ("Flatten", ""), ("Dense", "")], nil),
    ([input("28, 28, 1"), ("Flatten", ""), ("Dense", "")], nil),
    ([("LSTM", ""), ("Flatten", ""), ("Dense", "")], nil),
    ([("Conv2D", ""), ("GlobalAveragePooling2D", ""), ("Dense", "")], nil),
    (
      [("Conv2D", ""), ("GlobalAveragePooling2D", keepDimensions), ("Flatten", ""), ("Dense", "")],
      nil
    ),
    ([("Conv2D", ""), ("GlobalMaxPooling2D", ""), reshape("1, 1, 4"), ("Dense", "")], nil),
    ([("Conv2D", ""), ("Flatten", "")], nil),
    ([("Conv2D", ""), ("Flatten", ""), ("Lambda", "")], nil),
  ]

  @Test(arguments: flattenings.indices)
  func aNoteSaysHowToFlattenWhereTheOrderIsAnother(index: Int) throws {
    let (layers, words) = Self.flattenings[index]
    let notes = try notes(layers)
    #expect(notes.count == (words == nil ? 0 : 1), "\(layers) \(notes)")
    if let words { #expect(notes.first?.contains(words) == true, "\(layers) \(notes)") }
  }

  /// Vectors that become images; nil: nothing is to be permuted.
  private static let reshapings: [(layers: [(String, String)], words: String?)] = [
    (
      [
        input("5"), ("Dense", ""), ("BatchNormalization", ""), reshape("2, 2, 3"), ("ReLU", ""),
        ("Conv2DTranspose", ""),
      ], "x.reshape(-1, 2, 2, 3).permute(0, 3, 1, 2)"
    ),
    (
      [input("5"), ("Dense", ""), reshape("4, -1"), ("Conv1D", "")],
      "x.reshape(len(x), 4, -1).permute(0, 2, 1)"
    ),
    ([input("5"), ("Dense", ""), reshape("2, 2, 3"), ("Conv2DTranspose", channelsFirst)], nil),
    ([input("5"), ("Dense", ""), reshape("1, 1, 3"), ("Conv2DTranspose", "")], nil),
    ([input("28, 28"), reshape("28, 28, 1"), ("Conv2D", "")], nil),
    ([input("5"), ("Dense", ""), reshape("2, 2, 3"), ("Dense", "")], nil),
  ]

  @Test(arguments: reshapings.indices)
  func aNoteSaysHowAVectorBecomesAnImage(index: Int) throws {
    let (layers, words) = Self.reshapings[index]
    let notes = try notes(layers)
    #expect(notes.count == (words == nil ? 0 : 1), "\(layers) \(notes)")
    if let words { #expect(notes.first?.contains(words) == true, "\(layers) \(notes)") }
  }

  /// What a model inside puts out is known, and a layer may be given several values.
  @Test func modelsInsideAndSeveralInputsAreFollowed() throws {
    let text = #"""
      {"class_name": "Functional", "config": {"name": "m", "layers": [
      {"class_name": "Sequential", "config": {"name": "base", "layers": [
        {"class_name": "Conv2D", "config": {"name": "c", "filters": 4}}]}, "inbound_nodes": []},
      {"class_name": "Embedding", "config": {"name": "e"}, "inbound_nodes": []},
      {"class_name": "Flatten", "config": {"name": "f"}, "inbound_nodes": [[["base", 1, 0, {}]]]},
      {"class_name": "Flatten", "config": {"name": "g"}, "inbound_nodes": [[["e", 0, 0, {}]]]},
      {"class_name": "Concatenate", "config": {"name": "cat"}, "inbound_nodes": [[["g", 0, 0, {}], ["f", 0, 0, {}]]]},
      {"class_name": "Dense", "config": {"name": "head", "units": 3}, "inbound_nodes": [[["cat", 0, 0, {}]]]},
      {"class_name": "Dense", "config": {"name": "aux", "units": 3}, "inbound_nodes": [[["f", 0, 0, {}]]]}
      ]}}
      """#
    let notes = KerasOrder(try KerasConfiguration(parsing: text)).sentences
    #expect(notes.count == 1)
    #expect(notes.first?.contains("'head' follows 'f'") == true)
    #expect(notes.first?.contains("x.permute(0, 2, 3, 1)") == true)
  }
}
