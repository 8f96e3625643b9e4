extension CheckpointError.Code {
  /// Two keys would have the same name.
  public static let nameCollision = Self("name-collision")
  /// A renaming changes nothing: most likely its pattern is wrong.
  public static let nothingRenamed = Self("nothing-renamed")
}

extension StateDict {
  /// The same state dict under other names, in the same order.
  ///
  /// The names of modules in `_metadata` and in `StatedVariables` are renamed too: a module `m` as if
  /// it were `m.`.
  ///
  /// - Throws: `nameCollision` if two keys become the same, `nothingRenamed` if none changes.
  public func renaming(
    _ what: String, _ rename: (String) -> String
  ) throws(CheckpointError) -> StateDict {
    var result = CheckpointDictionary(dictionary.kind)
    var changed = 0
    for entry in dictionary.entries {
      guard let name = entry.key.string else { continue }
      let newName = rename(name)
      if !newName.isIdentical(to: name) { changed += 1 }
      guard !result.contains(.string(newName)) else {
        throw CheckpointError(
          .nameCollision, name: newName,
          "two keys would have this name after \(what), one of them "
            + "'\(name.visible())'", advice: "choose another replacement")
      }
      result.set(.string(newName), to: entry.value)
    }
    guard changed > 0 else {
      throw CheckpointError(
        .nothingRenamed, "\(what) changes no key",
        advice: "see the keys with \(.inspection)")
    }
    result.attributes = dictionary.attributes.map { attribute in
      guard ["_metadata", StatedVariables.attribute].contains(attribute.name) else {
        return attribute
      }
      return (attribute.name, attribute.value.renamingModules(rename))
    }
    return StateDict(result) ?? self
  }

  /// Removes a prefix, such as the `module.` of DataParallel, from all keys that have it.
  ///
  /// - Parameter prefix: with its dot or without, if it is the name of a module: see `prefix(named:)`.
  public func strippingPrefix(_ prefix: String) throws(CheckpointError) -> StateDict {
    let prefix = self.prefix(named: prefix)
    return try renaming("stripping the prefix '\(prefix.visible())'") { name in
      name.strippingPrefix(prefix)
    }
  }

  /// The prefix that someone means: `module.` for `module`, if keys begin with `module.`; otherwise
  /// the text as it is.
  public func prefix(named text: String) -> String {
    let withDot = text + "."
    let isModule = names.contains { $0.utf8.starts(with: withDot.utf8) }
    return isModule ? withDot : text
  }
}

extension String {
  /// The text without the prefix, compared byte by byte; unchanged if it does not have it.
  func strippingPrefix(_ prefix: String) -> String {
    guard utf8.starts(with: prefix.utf8) else { return self }
    return String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }
}

extension CheckpointValue {
  fileprivate func renamingModules(_ rename: (String) -> String) -> CheckpointValue {
    guard let dictionary else { return self }
    var result = CheckpointDictionary(dictionary.kind)
    result.attributes = dictionary.attributes
    for entry in dictionary.entries {
      result.set(entry.key.renamedModule(rename), to: entry.value)
    }
    return .dictionary(result)
  }
}

extension CheckpointDictionary.Key {
  /// The name of a module, renamed as a key beginning with it would be.
  func renamedModule(_ rename: (String) -> String) -> Self {
    guard let name = string, !name.isEmpty else { return self }
    let renamed = rename(name + ".")
    return .string(renamed.utf8.last == UInt8(ascii: ".") ? String(renamed.dropLast()) : renamed)
  }
}
