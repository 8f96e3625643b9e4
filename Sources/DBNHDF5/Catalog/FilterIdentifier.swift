/// The identifiers of the supported filters.
///
/// Source: `H5Zpublic.h` (`H5Z_FILTER_DEFLATE` and others); `lzf_filter.h` of h5py.
enum FilterIdentifier: Int {
  case deflate = 1
  case shuffle = 2
  case fletcher32 = 3
  case nBit = 5
  case scaleOffset = 6
  case lzf = 32000
}
