internal import DBNCHDF5
internal import DBNTensors

/// An identifier of libhdf5 that is released when the value is destroyed (`H5Idec_ref`), which must
/// happen inside `Library.run`.
struct Handle: ~Copyable {
  let identifier: hid_t

  /// - Parameter identifier: the result of a library function; negative for an error.
  init(_ purpose: String, name: String? = nil, _ identifier: hid_t) throws(CheckpointError) {
    self.identifier = try check(purpose, name: name, identifier)
  }

  deinit {
    if H5Idec_ref(identifier) < 0 { H5Eclear2(Library.errorStack) }
  }

  /// Closes a file, which can fail while the last bytes are written (`H5Fclose`).
  consuming func closeFile() throws(CheckpointError) {
    let identifier = identifier
    discard self
    try check("cannot write", H5Fclose(identifier))
  }
}

/// A reference to a handle, for arrays and dictionaries, which can't contain noncopyable values.
final class SharedHandle {
  private let handle: Handle

  init(_ handle: consuming Handle) {
    self.handle = handle
  }

  var identifier: hid_t { handle.identifier }
}

extension Handle {
  static func properties(_ listClass: hid_t) throws(CheckpointError) -> Handle {
    try Handle("cannot make a property list", H5Pcreate(listClass))
  }

  static func copy(ofType type: hid_t) throws(CheckpointError) -> Handle {
    try Handle("cannot make a type", H5Tcopy(type))
  }
}
