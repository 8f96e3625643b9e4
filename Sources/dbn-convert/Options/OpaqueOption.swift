import ArgumentParser
import DBNTensors

/// What to accept that is refused by default: objects of unknown classes in pickles, and parts of
/// models.
struct OpaqueOption: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Keep objects of unknown classes as opaque values, named and never executed.",
      discussion: """
        So the state dict beside an argparse.Namespace or a NumPy number can be had. No format that \
        is written has a place for them: convert with --state-dict-only, or with --lossy, which \
        lists them.
        """))
  var allowOpaque = false

  @Flag(
    help: ArgumentHelp(
      "Take a file that is one part of a model, a shard or what one rank saved, by itself.",
      discussion: """
        Without it such a file is refused, since what is true of a part need not be true of the \
        model. info, check and diff, which are about files, read parts in any case.
        """))
  var part = false

  var readingOptions: ReadingOptions {
    ReadingOptions(keepsOpaqueValues: allowOpaque, acceptsParts: part)
  }
}
