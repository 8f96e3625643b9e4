import ArgumentParser
import Tensors

/// What is done about objects of unknown classes in pickles.
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

  var readingOptions: ReadingOptions { ReadingOptions(keepsOpaqueValues: allowOpaque) }
}
