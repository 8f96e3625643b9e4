import DBNBytes
import Synchronization

/// The events of files that were reported, in order.
final class EventLog: Sendable {
  private let events = Mutex<[FileEvent]>([])

  func add(_ event: FileEvent) { events.withLock { $0.append(event) } }

  func kinds(_ path: String) -> [FileEvent.Kind] {
    events.withLock { $0.filter { $0.path == path }.map(\.kind) }
  }
}
