import ArgumentParser
import DBNTensors

/// What to refuse that is accepted by default, and the reverse: objects of unknown classes in
/// pickles, parts of models, and files that cost much.
struct OpaqueOption: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Refuse a file with objects of unknown classes.",
      discussion: """
        Without it, such an object is kept by its name and never executed; the rest of the file is \
        read. No output format can store it: a conversion names it, and leaves it out with --lossy \
        or --state-dict-only.
        """))
  var strict = false

  /// Once needed for such files; accepted for scripts that have it.
  @Flag(help: .hidden)
  var allowOpaque = false

  @Flag(
    help: ArgumentHelp(
      "Read a file that is only one part of a model: a shard, or what one rank saved.",
      discussion: """
        Without it, such a file is refused, since what is true of a part need not be true of the \
        model. info, check and diff, which examine files, always read parts.
        """))
  var part = false

  @OptionGroup var limits: LimitOption

  var readingOptions: ReadingOptions {
    var options = ReadingOptions(refusesUnknownClasses: strict, acceptsParts: part)
    options.limitFactor = limits.raiseLimits
    return options
  }
}
