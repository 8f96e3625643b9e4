package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...]. Takes one channel of each group in turn.
  public static func channelShuffle(groups: Int) -> Operation {
    Operation(ChannelShuffle(groups: groups))
  }

  /// `torch.nn.functional.channel_shuffle`.
  package struct ChannelShuffle: Regrouping {
    let groups: Int

    package static var names: [String] { ["channelShuffle"] }

    init(groups: Int) {
      self.groups = groups
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      groups = try reader.int("groups")
    }

    package var attributes: [JSON.Member] { [.init("groups", .int(groups))] }

    package func grouping(of input: [Int]) throws(CheckpointError) -> Grouping {
      guard input.count >= 2, groups > 0, input[1] % groups == 0 else {
        throw .shape("the channels of \(input) cannot be shuffled in \(groups) groups")
      }
      let split = [input[0], groups, input[1] / groups] + input[2...]
      return Grouping(split: split, order: [0, 2, 1] + (3..<split.count), merged: input)
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "channel_shuffle": { importer, call throws(CheckpointError) in
          let operation = Operation.channelShuffle(groups: try call.int("groups"))
          return try importer.result(operation, of: call.tensor(), call)
        }
      ]
    }
  }
}
