internal import DBNCHDF5
internal import DBNTensors

extension Handle {
  /// Opens a file to add to it.
  static func file(changing path: String) throws(CheckpointError) -> Handle {
    let access = try writingAccess()
    return try Handle("cannot open", H5Fopen(path, chdf5_read_write(), access.identifier))
  }

  /// Creates a file with an empty root group, which keeps the order of its links (`H5Fcreate`).
  static func file(creating path: String) throws(CheckpointError) -> Handle {
    let access = try writingAccess()
    let creation = try properties(chdf5_file_create())
    try creation.keepOrder()
    return try Handle(
      "cannot create",
      H5Fcreate(path, chdf5_truncate(), creation.identifier, access.identifier))
  }

  private static func writingAccess() throws(CheckpointError) -> Handle {
    let access = try properties(chdf5_file_access())
    // The default driver needs the file's real path, which a file without a name does not have.
    try check("cannot choose a driver", H5Pset_fapl_stdio(access.identifier))
    // Only objects of at least 64 bytes are aligned. Otherwise there would be a gap before each
    // smaller one, and the library searches all gaps for each object: 20,000 scalars took 16
    // seconds.
    try check("cannot choose alignment", H5Pset_alignment(access.identifier, 64, 64))
    // Link creation order needs the format of 1.8; nothing needs a later one.
    try check(
      "cannot choose a format",
      H5Pset_libver_bounds(access.identifier, H5F_LIBVER_V18, H5F_LIBVER_V18))
    try check("cannot switch locking off", chdf5_do_not_lock(access.identifier))
    try access.limitMetadataCache()
    return access
  }

  /// On the access properties of a file: keeps the metadata cache at 256 KiB instead of 2 to 32 MiB
  /// (`H5Pset_mdc_config`). The library counts the bytes of objects in the file; in memory they
  /// take ten times as many. Objects are created one after another, and earlier objects are not
  /// needed again.
  private func limitMetadataCache() throws(CheckpointError) {
    var cache = H5AC_cache_config_t()
    cache.version = H5AC__CURR_CACHE_CONFIG_VERSION
    try check("cannot read the settings of the cache", H5Pget_mdc_config(identifier, &cache))
    cache.set_initial_size = true
    cache.initial_size = 256 << 10
    cache.min_size = cache.initial_size
    cache.max_size = cache.initial_size
    cache.incr_mode = H5C_incr__off
    cache.flash_incr_mode = H5C_flash_incr__off
    try check("cannot limit the cache", H5Pset_mdc_config(identifier, &cache))
  }

  /// On the creation properties of a group or file: links keep their order, and no times are
  /// stored, so that the same content gives the same bytes.
  func keepOrder() throws(CheckpointError) {
    let order = UInt32(H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED)
    try check("cannot track link order", H5Pset_link_creation_order(identifier, order))
    try check("cannot turn off time stamps", H5Pset_obj_track_times(identifier, false))
  }
}
