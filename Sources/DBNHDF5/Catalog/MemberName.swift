/// The members of the types in which h5py stores booleans and complex numbers.
enum MemberName {
  static let real = "r"
  static let imaginary = "i"
  static let isFalse = "FALSE"
  static let isTrue = "TRUE"
}
