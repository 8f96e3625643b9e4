/// The identifiers of the supported filters.
///
/// Source: `H5Zpublic.h` (`H5Z_FILTER_DEFLATE`, `H5Z_FILTER_SHUFFLE`, `H5Z_FILTER_FLETCHER32`).
enum FilterIdentifier: Int {
  case deflate = 1
  case shuffle = 2
  case fletcher32 = 3
}
