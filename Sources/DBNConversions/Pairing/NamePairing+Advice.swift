import DBNTensors
public import DBNVerification

extension CheckpointVerification {
  /// Compares two checkpoints under their new names.
  ///
  /// - Throws: as `compare(_:_:)`; if no names pair, with the change of names as advice that would
  ///   pair them.
  public func compare(
    _ pair: NamePairing.Pair
  ) throws(CheckpointError) -> VerificationResult {
    do throws(CheckpointError) {
      var result = try compare(pair.a, pair.b)
      result.notes = pair.notes + result.notes
      if !result.isEqual, let advice = pair.advice { result.notes.append(advice) }
      return result
    } catch {
      guard let advice = pair.advice else { throw error }
      var error = error
      error.advice = advice
      throw error
    }
  }
}

extension NamePairing.Pair {
  /// The change of names that makes the names pair: nil if some pair already, or if none helps.
  var advice: Guidance? {
    guard let (namesA, namesB) = names, namesA.isDisjoint(with: namesB) else { return nil }
    for transformation in [.kerasNames, .flaxNames] + prefixes(namesA, namesB) {
      let pairing = NamePairing([transformation], entry: entry)
      guard let choice = transformation.choice, let pair = try? pairing.pair(a, b),
        let (renamedA, renamedB) = pair.names
      else { continue }
      if !renamedA.isDisjoint(with: renamedB) {
        return "the two have different names: compare them with \(choice)"
      }
      if case .strippingPrefix = transformation { continue }
      return "the two have different names: compare them with \(choice), and with \(.renaming) "
        + "for modules that have other names"
    }
    return nil
  }

  /// The names of the tensors that are compared first; nil if there are none.
  private var names: (a: Set<String>, b: Set<String>)? {
    guard let inA = try? a.findStateDict(at: entry), let inB = try? b.findStateDict(at: entry)
    else { return nil }
    return (Set(inA.stateDict.names), Set(inB.stateDict.names))
  }

  /// The prefixes that names of one have before names of the other.
  private func prefixes(_ a: Set<String>, _ b: Set<String>) -> [Transformation] {
    [(a, b), (b, a)].compactMap { short, long in
      guard let name = short.min() else { return nil }
      return long.filter { $0.hasSuffix(".\(name)") }.min()
        .map { .strippingPrefix(String($0.dropLast(name.count))) }
    }
  }
}

extension Transformation {
  fileprivate var choice: Choice? {
    switch self {
    case .kerasNames: .kerasNames
    case .flaxNames: .flaxNames
    case .strippingPrefix(let prefix): .comparingWithoutPrefix(prefix)
    default: nil
    }
  }
}
