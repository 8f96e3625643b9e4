import DBNTensors

/// What a progress bar shows: `writing x.h5 [####....] 43 %, 1.2 GiB of 2.8 GiB, 410.0 MiB/s, 4 s left`.
struct ProgressLine {
  let title: String
  let done: Int
  let total: Int
  /// Since the work began.
  let seconds: Double
  let unit: ProgressBar.Unit

  private var share: Double { total > 0 ? min(1, Double(done) / Double(total)) : 1 }

  /// The line for a terminal of this many columns: first the bar gets shorter, then the title, then
  /// the numbers go from the end.
  func text(columns: Int) -> String {
    let room = max(1, columns - 1)
    var numbers = ["\(Int(share * 100)) %", "\(text(done)) of \(text(total))"] + rate
    let title = title.visible(limit: max(8, room / 3))
    while true {
      let end = numbers.joined(separator: ", ")
      let width = room - title.count - end.count - 4
      if width >= 5 { return "\(title) [\(bar(min(width, 40)))] \(end)" }
      if numbers.count == 1 { return String("\(title) \(end)".suffix(room)) }
      numbers.removeLast()
    }
  }

  private func bar(_ width: Int) -> String {
    let filled = Int(share * Double(width))
    return String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
  }

  /// The rate, and the time that is left at this rate.
  private var rate: [String] {
    guard seconds > 0, done > 0 else { return [] }
    let rate = Double(done) / seconds
    let left = Double(max(0, total - done)) / rate
    return ["\(text(Int(min(rate, 1e15))))/s", "\(Self.duration(left)) left"]
  }

  private static func duration(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    if whole < 60 { return "\(whole) s" }
    return whole < 3600 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  private func text(_ count: Int) -> String {
    switch unit {
    case .bytes: readable(byteCount: count)
    case .samples: counted(count, "sample")
    case .jobs: counted(count, "job")
    }
  }
}
