/// The members of the types in which h5py keeps flags and complex numbers.
enum MemberName {
  static let real = "r"
  static let imaginary = "i"
  static let isFalse = "FALSE"
  static let isTrue = "TRUE"
}
