package import DBNTensors
import DBNZip

extension PickledNames {
  /// How deep archives and pickles in each other are followed.
  private static let deepest = 3
  /// How much of an archive is decompressed: a pickle of 200,000 tensors is smaller.
  private static let mostDecompressed = 64 << 20

  /// The names in all pickles of a file: the records of an archive, the array of objects in one of
  /// NumPy's files, or pickles one after the other. None in files of other kinds.
  package init(in file: ByteRegion, depth: Int = 0) {
    self.init()
    if ZipArchive.recognises(file) {
      addRecords(of: file, depth)
    } else if TarArchive.recognises(file) {
      for (name, member) in (try? TarArchive(file))?.all ?? [] {
        add(PickledNames(in: member, depth: depth + 1), in: name)
      }
    } else if let objects = Self.objects(inArray: file) {
      addPickles(in: objects, from: file.fileOffset, depth)
    } else {
      addPickles(in: file, from: file.fileOffset, depth)
    }
  }

  private mutating func addRecords(of file: ByteRegion, _ depth: Int) {
    guard depth < Self.deepest else { return stop = "it is in an archive in an archive" }
    // Of an archive that can't be read as a whole, what can be found.
    guard
      let zip = (try? ZipArchive(file)) ?? (try? ZipArchive(salvaging: file, readsEncrypted: true))
    else { return stop = "the archive can't be read" }
    var room = Self.mostDecompressed
    for entry in zip.entries where Self.mayHoldPickles(entry) {
      let byteCount = entry.method == .deflated ? entry.size : 0
      guard byteCount <= room, let content = try? entry.uncheckedContent() else {
        stop = stop ?? "\(entry.name) can't be read"
        continue
      }
      room -= byteCount
      add(PickledNames(in: content, depth: depth + 1), in: entry.name)
    }
  }

  /// By its name or its first bytes. Storages have numbers as names, and can begin with any bytes.
  private static func mayHoldPickles(_ entry: ZipEntry) -> Bool {
    let name = entry.name.split(separator: "/").last ?? ""
    if [".pkl", ".pickle"].contains(where: name.lowercased().hasSuffix) { return true }
    guard !name.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let start = try? entry.start(1024) else {
      return false
    }
    return PickleNameScan.isPickle(start) || ZipArchive.recognises(start)
      || objects(inArray: start) != nil
  }

  /// The pickle in an array of NumPy that has objects as elements.
  private static func objects(inArray file: ByteRegion) -> ByteRegion? {
    var reader = ByteReader(file)
    guard let magic = try? reader.readRegion(count: 6).array, magic == [0x93] + Array("NUMPY".utf8),
      let version = try? reader.read(UInt16.self),
      // The size has two bytes in version 1, whose minor version is in the upper byte here.
      let size = version & 0xFF == 1
        ? try? reader.readCount(UInt16.self) : try? reader.readCount(UInt32.self),
      let header = try? reader.readRegion(count: size),
      String(decoding: header.array, as: UTF8.self).contains("O'")
    else { return nil }
    return try? reader.readRegion(count: reader.remaining)
  }
}

extension PickledNames {
  /// PyTorch's files of its first years are five pickles, and then the numbers.
  private static let mostPickles = 5

  private mutating func addPickles(in file: ByteRegion, from origin: Int, _ depth: Int) {
    var position = 0
    let isTorch = LegacyFile.recognises(file)
    var count = 0
    while position < file.count, !isTorch || count < Self.mostPickles,
      let rest = try? file.slice(from: position, count: file.count - position)
    {
      guard let size = addPickle(at: rest, from: origin, depth) else { return }
      position += size
      count += 1
    }
  }

  /// - Returns: the size of the pickle; nil if there is none, or it does not come to an end.
  private mutating func addPickle(
    at bytes: ByteRegion, from origin: Int, _ depth: Int
  ) -> Int? {
    let isPickle = PickleNameScan.isPickle(bytes)
    var scan = PickleNameScan(bytes, from: origin)
    var failure: CheckpointError?
    do throws(CheckpointError) {
      try scan.run()
    } catch {
      failure = error
    }
    let names = scan.found
    // Any text can begin like an old pickle: only names that say what it is for count.
    if failure != nil, !isPickle,
      !names.contains(where: { $0.isDangerous && $0.module != PickledName.unknown })
    {
      return nil
    }
    stop = stop ?? failure?.reason
    for name in names { add(name) }
    omitted += scan.omitted
    addInner(of: scan, depth)
    return failure == nil ? scan.reader.position : nil
  }

  /// The names in pickles inside a pickle, which stand under the key of the whole.
  private mutating func addInner(of scan: PickleNameScan, _ depth: Int) {
    guard depth < Self.deepest else { return }
    for part in scan.inner {
      var inner = PickledNames()
      inner.addPickles(in: part.bytes, from: part.origin, depth + 1)
      let outer = scan.entry(of: part.node)
      for var name in inner.names {
        name.entry = [outer, name.entry].compactMap(\.self).joined(separator: "/")
        if name.entry?.isEmpty == true { name.entry = nil }
        add(name)
      }
      omitted += inner.omitted
      stop = stop ?? inner.stop
    }
  }
}

extension ZipEntry {
  /// The first bytes of the content, at most so many.
  fileprivate func start(_ count: Int) throws(CheckpointError) -> ByteRegion {
    switch method {
    case .stored: try payload.slice(from: 0, count: min(count, payload.count))
    case .deflated: try deflated().prefix(count)
    }
  }
}
