import DBNCHDF5
import DBNTensors

@testable import DBNHDF5

/// What finding chunks has cost: libhdf5 1.10 finds each by passing over all before it.
struct ChunkSearch {
  /// Chunks that may be passed over for one file: a few seconds. 20,000 chunks in one dataset, or
  /// 1000 in each of 400.
  private static let limit = 200_000_000
  private var passed = 0

  mutating func spend(_ count: hsize_t, name: String) throws(CheckpointError) {
    // A square of more than this many can't be counted, and need not.
    let count = Int(clamping: min(count, 1 << 30))
    passed += count * count / 2
    guard passed <= ChunkSearch.limit else {
      throw CheckpointError(
        .limitExceeded, name: name, "has more chunks than can be found in reasonable time",
        advice: "write the file with larger chunks, or contiguous")
    }
  }
}

extension Handle {
  /// On a dataset: its blocks, the filters they went through, and where each lies.
  func chunks(
    _ creation: borrowing Handle, _ type: borrowing Handle, _ search: inout ChunkSearch,
    _ path: String
  ) throws(CheckpointError) -> Catalog.Chunks {
    let space = try Handle("cannot describe", name: path, H5Dget_space(identifier))
    var options: UInt32 = 0
    try check(
      "cannot describe the chunks", name: path,
      H5Pget_chunk_opts(creation.identifier, &options))
    return Catalog.Chunks(
      shape: try creation.chunkShape(path), filters: try creation.filters(path),
      chunks: try storedChunks(space, &search, path), fill: try creation.fillValue(type, path),
      leavesEdgesUnfiltered: options & UInt32(H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0)
  }

  private func storedChunks(
    _ space: borrowing Handle, _ search: inout ChunkSearch, _ path: String
  ) throws(CheckpointError) -> [Catalog.Chunks.Chunk] {
    let rank = try check(
      "cannot describe the shape", name: path, H5Sget_simple_extent_ndims(space.identifier))
    var count: hsize_t = 0
    try check(
      "cannot count the chunks", name: path,
      H5Dget_num_chunks(identifier, space.identifier, &count))
    try search.spend(count, name: path)
    let base = try chunkBase(path)
    var chunks: [Catalog.Chunks.Chunk] = []
    for index in 0..<count {
      chunks.append(try storedChunk(index, space, rank: Int(rank), base: base, path))
    }
    return chunks
  }

  private func chunkBase(_ path: String) throws(CheckpointError) -> Int {
    let file = try Handle("cannot find the chunks", name: path, H5Iget_file_id(identifier))
    var base: hsize_t = 0
    try check("cannot find the chunks", name: path, chdf5_chunk_base(file.identifier, &base))
    return Int(clamping: base)
  }

  private func storedChunk(
    _ index: hsize_t, _ space: borrowing Handle, rank: Int, base: Int,
    _ path: String
  ) throws(CheckpointError) -> Catalog.Chunks.Chunk {
    var origin = [hsize_t](repeating: 0, count: rank)
    var (mask, address, byteCount) = (0 as UInt32, 0 as haddr_t, 0 as hsize_t)
    try check(
      "cannot find a chunk", name: path,
      H5Dget_chunk_info(
        identifier, space.identifier, index, &origin, &mask, &address, &byteCount))
    // An address that overflows lies outside the file, as one without the user block then does.
    let (offset, overflow) = Int(clamping: address).addingReportingOverflow(base)
    return Catalog.Chunks.Chunk(
      origin: origin.map { Int(clamping: $0) }, offset: overflow ? .max : offset,
      byteCount: Int(clamping: byteCount), filterMask: mask)
  }

  /// On creation properties: the shape of a block.
  private func chunkShape(_ path: String) throws(CheckpointError) -> [Int] {
    var sizes = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    let rank = try check(
      "cannot describe the chunks", name: path,
      H5Pget_chunk(identifier, Int32(sizes.count), &sizes))
    return sizes.prefix(Int(rank)).map { Int(clamping: $0) }
  }

  /// On creation properties: the filters in the order of writing. Asking for a filter's name or
  /// configuration would have the library look for a plugin.
  private func filters(_ path: String) throws(CheckpointError) -> [Catalog.Chunks.Filter] {
    let count = try check("cannot describe the filters", name: path, H5Pget_nfilters(identifier))
    var filters: [Catalog.Chunks.Filter] = []
    for index in 0..<UInt32(count) {
      var (flags, parameterCount) = (0 as UInt32, 8)
      var parameters = [UInt32](repeating: 0, count: parameterCount)
      let filter = try check(
        "cannot describe the filters", name: path,
        H5Pget_filter2(
          identifier, index, &flags, &parameterCount, &parameters, 0, nil, nil))
      let known = parameters.prefix(max(0, min(parameterCount, parameters.count)))
      filters.append(
        Catalog.Chunks.Filter(identifier: Int(filter), parameters: Array(known)))
    }
    return filters
  }
}
