package import DBNTensors

extension Catalog {
  /// The type of a dataset's elements in the file.
  ///
  /// The rare cases are indirect to keep the usual ones small: a file can have very many datasets.
  package enum ElementType: Sendable, Hashable {
    case scalar(ScalarType, isBigEndian: Bool = false)
    /// Integers with unused bits.
    indirect case padded(PaddedInteger)
    /// Floats of other widths than PyTorch's.
    indirect case otherFloat(OtherFloat)
    /// Text in `byteCount` bytes, padded to that length according to `padding`.
    indirect case fixedString(byteCount: Int, padding: Padding)
    /// Text of any length, stored outside the dataset.
    case variableString
    /// Bytes that HDF5 does not interpret, and the writer's words for them, if it left any.
    indirect case opaque(byteCount: Int, tag: String? = nil)
    /// Anything else, with a description.
    indirect case unsupported(String)

    package enum Padding: Sendable {
      case nullTerminated
      case nulls
      case spaces
    }

    package var isBigEndian: Bool {
      guard case .scalar(_, let isBigEndian) = self else { return false }
      return isBigEndian
    }

    /// The bytes of one element; nil if they are not stored in the dataset.
    package var byteCount: Int? {
      switch self {
      case .scalar(let type, _): type.byteCount
      case .padded(let integer): integer.byteCount
      case .otherFloat(let float): float.byteCount
      case .fixedString(let byteCount, _), .opaque(let byteCount, _): byteCount
      case .variableString, .unsupported: nil
      }
    }
  }

  /// Where the bytes of a dataset are stored. Rare cases are indirect, as in `ElementType`.
  package enum Extent: Sendable {
    /// There are no bytes: a null dataspace, a shape with a zero in it, or a file that is not
    /// written yet.
    case none
    /// In one contiguous range; `offset` counts from the start of the file.
    case contiguous(offset: Int, byteCount: Int)
    /// Inside the dataset's own header.
    case compact([UInt8])
    /// Never written: every element is `fill`.
    case unwritten(fill: [UInt8])
    /// Variable-length strings, in row-major order.
    case strings([String])
    indirect case chunked(Chunks)
    case external
    case virtual
    /// Anything else, with a description.
    indirect case unsupported(String)
    /// Its values can't be read, for this reason: `Catalog.validate` found it.
    indirect case unreadable(CheckpointError)
  }

  /// A dataset divided into blocks of equal shape, each of which is stored separately.
  package struct Chunks: Sendable {
    package struct Chunk: Sendable {
      /// The index of the block's first element in each dimension.
      package let origin: [Int]
      package let offset: Int
      package let byteCount: Int
      /// If bit `i` is set, filter `i` was not applied to this chunk.
      package let filterMask: UInt32

      /// The same chunk of a dataset whose elements are arrays with this many dimensions.
      func addingDimensions(_ count: Int) -> Chunk {
        Chunk(
          origin: origin + [Int](repeating: 0, count: count), offset: offset, byteCount: byteCount,
          filterMask: filterMask)
      }
    }

    package struct Filter: Sendable, Equatable {
      package let identifier: Int
      package let parameters: [UInt32]

      package init(identifier: Int, parameters: [UInt32]) {
        self.identifier = identifier
        self.parameters = parameters
      }

      init(_ filter: FilterIdentifier, parameters: [UInt32]) {
        self.init(identifier: filter.rawValue, parameters: parameters)
      }
    }

    package let shape: [Int]
    package let filters: [Filter]
    /// The chunks that were written.
    package var chunks: [Chunk]
    /// The bytes of each element in a chunk that was not written.
    package let fill: [UInt8]
    /// Whether chunks that extend beyond the shape are stored without the filters.
    package let leavesEdgesUnfiltered: Bool
  }
}

extension Catalog.ElementType.Padding {
  /// Decodes the text in the bytes of one element.
  func text(of bytes: ArraySlice<UInt8>, name: String?) throws(CheckpointError) -> String {
    let text =
      switch self {
      case .nullTerminated: bytes.prefix { $0 != 0 }
      case .nulls: bytes.dropLast(bytes.reversed().prefix { $0 == 0 }.count)
      case .spaces: bytes.dropLast(bytes.reversed().prefix { $0 == 0x20 }.count)
      }
    guard let text = String(validating: text, as: UTF8.self) else {
      throw CheckpointError(.invalidText, name: name, "the text is not valid UTF-8")
    }
    return text
  }
}
