// The system's C library, whichever it is, and what systems do differently. Every file that calls
// the system imports this module, and none imports a C library by its name.
@_exported public import DBNCPlatform

#if canImport(Darwin)
  @_exported public import Darwin
#elseif canImport(Musl)
  @_exported public import Musl
#elseif canImport(Android)
  @_exported public import Android
#else
  @_exported public import Glibc
#endif
