import ArgumentParser
import DBNTensors

/// What to accept that is refused by default: objects of unknown classes in pickles, and parts of
/// models.
struct OpaqueOption: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Keep objects of unknown classes as opaque values, which are never executed.",
      discussion: """
        With it, the state dict of a file that also contains an argparse.Namespace or a NumPy number \
        can be read. No output format can store such objects: convert with --state-dict-only, or \
        with --lossy, which lists what it leaves out.
        """))
  var allowOpaque = false

  @Flag(
    help: ArgumentHelp(
      "Read a file that is only one part of a model: a shard, or what one rank saved.",
      discussion: """
        Without it, such a file is refused, since what is true of a part need not be true of the \
        model. info, check and diff, which examine files, always read parts.
        """))
  var part = false

  var readingOptions: ReadingOptions {
    ReadingOptions(keepsOpaqueValues: allowOpaque, acceptsParts: part)
  }
}
