internal import DBNCHDF5
internal import DBNTensors

/// An identifier of libhdf5 that is given back when the value goes (`H5Idec_ref`), which must be
/// inside `Library.run`.
struct Handle: ~Copyable {
  let identifier: hid_t

  /// - Parameter identifier: what a function of the library returned; negative is an error.
  init(_ purpose: String, name: String? = nil, _ identifier: hid_t) throws(CheckpointError) {
    self.identifier = try check(purpose, name: name, identifier)
  }

  deinit {
    if H5Idec_ref(identifier) < 0 { H5Eclear2(Library.errorStack) }
  }

  /// Closes a file where the last bytes may fail to be written (`H5Fclose`).
  consuming func closeFile() throws(CheckpointError) {
    let identifier = identifier
    discard self
    try check("cannot write", H5Fclose(identifier))
  }
}

/// A handle in an array or a dictionary, which can't hold one itself.
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
