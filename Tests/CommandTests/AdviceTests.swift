import DBNErrors
import DBNTestSupport
import Foundation
import Testing

@testable import dbn_convert

/// Advice that the command prints can be followed.
struct AdviceTests {
  static let choices: [Choice] = [
    .entry("ema/model"), .anyEntry, .inspection, .difference, .allowingLosses, .stateDictOnly,
    .extractingStateDict, .acceptingUnknownClasses,
    .acceptingParts, .replacingFiles, .replacingInputs, .proof, .noProof,
    .tolerance, .allowingDifferences, .compression, .shardSize, .renaming, .castingToFloat32,
    .mappingToDistributed, .mappingToStandard, .sourceLayout(nil), .sourceLayout("ghost"),
    .worldSize, .mergeRule, .anyMergeRule, .including("bn1"), .excluding, .referenceEngine,
    .architectures, .weights, .dividing(255), .strippingPrefix("module."),
    .comparingWithoutPrefix("module."), .kerasNames, .flaxNames,
  ]

  /// The first word of each line of the help that lists a subcommand.
  private static func subcommands() throws -> [String] {
    let help = try #require(Command("--help").output.components(separatedBy: "SUBCOMMANDS:").last)
    return help.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  @Test func everyOptionAndSubcommandThatAdviceNamesExists() throws {
    let subcommands = try Self.subcommands()
    let help = try subcommands.map { try Command("help", $0).output }.joined()
    let words = Set(help.split { " [](),|\n".contains($0) })
    #expect(subcommands.count > 10 && words.contains("--world-size"))
    for choice in Self.choices {
      let named = choice.optionName.split { " ',".contains($0) }
      let options = named.filter { $0.hasPrefix("--") }
      for option in options { #expect(words.contains(option), "\(choice)") }
      let subcommand = named.firstIndex(of: "dbn-convert").map { String(named[$0 + 1]) }
      if let subcommand { #expect(subcommands.contains(subcommand), "\(choice)") }
      #expect(!options.isEmpty || subcommand != nil, "\(choice)")
    }
  }

  @Test func anEntryIsQuotedAsAShellNeedsIt() {
    #expect(Choice.entry("a/b.c").optionName == "--entry a/b.c")
    #expect(Choice.entry("it's").optionName == #"--entry 'it'\''s'"#)
    #expect(Choice.entry("").optionName == "--entry ''")
  }
}
