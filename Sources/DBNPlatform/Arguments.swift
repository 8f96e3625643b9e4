/// The process's arguments, the program's name first, also where there is no /proc.
package let processArguments: [String] = {
  var count: Int32 = 0
  guard let values = dbn_arguments(&count) else { return CommandLine.arguments }
  return (0..<Int(count)).compactMap { values[$0].map { String(cString: $0) } }
}()
