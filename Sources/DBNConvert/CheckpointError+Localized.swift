public import DBNErrors
#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What a graphical program shows: `localizedDescription` is the error, in English, and
/// `recoverySuggestion` the advice.
///
/// It is here and not in `DBNErrors`, since it brings Foundation, which no module below needs.
extension CheckpointError: LocalizedError {
  /// The file, the thing at fault and what is wrong, without the advice.
  public var errorDescription: String? {
    var error = self
    error.advice = nil
    return error.description
  }

  /// What is wrong, by itself.
  public var failureReason: String? { reason }

  /// What to do about it.
  public var recoverySuggestion: String? { advice?.description }
}
