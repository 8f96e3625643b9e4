import DBNBatchNorm
import DBNComparison

/// The sections of a page about how far the devices of each BatchNorm are apart.
struct LayerDrifts {
  /// The drift of one BatchNorm, by device and by channel.
  private struct Layer {
    let name: String
    let devices: [ReplicaDrift]
    let features: [ReplicaDrift]
    let worst: ReplicaDrift

    init(_ layer: ReplicaLayer) {
      name = layer.name.moduleName
      devices = layer.statistics.replicaDrifts
      features = layer.statistics.featureDrifts
      worst = layer.statistics.drift
    }
  }

  /// A quantity, and how it is measured.
  private struct Quantity {
    let name: String
    let meaning: String
    let value: @Sendable (ReplicaDrift) -> Double
    /// Whether links lead to its plot.
    var isLinked = false
  }

  private let layers: [Layer]
  /// The indices of the BatchNorms, the furthest apart first.
  private let worst: [Int]

  init(_ layers: [ReplicaLayer]) {
    let layers = layers.map(Layer.init)
    self.layers = layers
    worst = layers.indices.sorted { one, other in
      layers[one].worst.isWorse(than: layers[other].worst)
        || (one < other && !layers[other].worst.isWorse(than: layers[one].worst))
    }
  }

  private static let quantities = [
    Quantity(
      name: "means",
      meaning: "The largest distance of a device's mean from the mean of all devices, in standard "
        + "deviations of all.", value: { $0.mean }, isLinked: true),
    Quantity(
      name: "variances",
      meaning: "The largest relative distance of a device's variance from the mean of all devices' "
        + "variances: 0.5 is 50 % more or less.", value: { $0.variance }),
  ]

  /// How many BatchNorms are shown before all others.
  private static let worstCount = 10

  var sections: [Page.Section] {
    let devices = Self.quantities.map(deviceSection)
    // Of a few BatchNorms the plots are a better overview.
    return
      (layers.count > 2 * Self.worstCount ? [worstSection] + devices : devices + [worstSection])
      + Self.quantities.map(channelSection)
  }

  private func anchor(of index: Int) -> String { "batch-norm-\(index)" }

  private var worstSection: Page.Section {
    let shown = worst.prefix(Self.worstCount)
    return Page.Section(
      heading: shown.count == layers.count
        ? "Where the drift is largest" : "The \(shown.count) with the largest drift",
      paragraphs: [
        "By the larger of the two distances. Device and channel, counted from 0, are where each is "
          + "furthest from the statistics of all. The names lead to the BatchNorms' places in the "
          + "plot."
      ],
      tables: [
        Table(
          "The largest drift", isOpen: true,
          columns: ["BatchNorm"]
            + Self.quantities.flatMap { ["\($0.name), drift", "device", "channel"] },
          rows: shown.map { index in
            Table.Row(
              layers[index].name, Self.quantities.flatMap { cells(of: layers[index], $0) },
              anchor: anchor(of: index))
          })
      ])
  }

  /// The largest drift, its device and its channel.
  private func cells(of layer: Layer, _ quantity: Quantity) -> [String] {
    let devices = layer.devices.map(quantity.value)
    let features = layer.features.map(quantity.value)
    return [
      quantity.value(layer.worst).digits,
      devices.indexOfLargest.map { "\($0)" } ?? "-", features.indexOfLargest.map { "\($0)" } ?? "-",
    ]
  }

  private func deviceSection(_ quantity: Quantity) -> Page.Section {
    let heading = "Drift of the \(quantity.name)"
    let count = layers.map(\.devices.count).max() ?? 0
    return Page.Section(
      heading: heading, paragraphs: [quantity.meaning],
      heatMap: HeatMap(
        "\(heading) of \(layers.count) BatchNorms on \(count) devices",
        caption: "A strip for each BatchNorm, from the first device to the last.",
        column: "device",
        rows: layers.enumerated().map { index, layer in
          HeatMap.Entry(
            name: layer.name, values: layer.devices.map(quantity.value),
            anchor: quantity.isLinked && worst.prefix(Self.worstCount).contains(index)
              ? anchor(of: index) : nil)
        }),
      tables: [
        table("Every device, in the model's order", Array(layers.indices), quantity, count),
        table(
          "Every device, the largest drift first",
          layers.indices.sorted { one, other in
            let (a, b) = (
              quantity.value(layers[one].worst), quantity.value(layers[other].worst)
            )
            return a == b || a.isNaN && b.isNaN ? one < other : a.isNaN || a > b
          }, quantity, count),
      ])
  }

  private func table(
    _ caption: String, _ indices: [Int], _ quantity: Quantity, _ count: Int
  ) -> Table {
    Table(
      caption, columns: ["BatchNorm"] + (0..<count).map { "device \($0)" },
      rows: indices.map { index in
        let values = layers[index].devices.map { quantity.value($0).digits }
        let missing = Array(repeating: "-", count: count - values.count)
        return Table.Row(layers[index].name, values + missing)
      })
  }

  private func channelSection(_ quantity: Quantity) -> Page.Section {
    let shown = worst.prefix(Self.worstCount).filter { !layers[$0].features.isEmpty }
    let heading = "Drift of the \(quantity.name) by channel"
    return Page.Section(
      heading: heading,
      paragraphs: [
        "Of the \(shown.count == 1 ? "BatchNorm" : "\(shown.count) BatchNorms") with the largest "
          + "drift, the largest of all devices' distances in each channel, in the same unit."
      ],
      heatMap: HeatMap(
        "\(heading) of \(shown.count) BatchNorms",
        caption: "A strip for each BatchNorm, from its first channel to its last.",
        column: "channel", sharesColumns: false,
        rows: shown.map { index in
          HeatMap.Entry(
            name: layers[index].name,
            values: layers[index].features.map(quantity.value))
        }))
  }
}

extension [Double] {
  /// The index of the first NaN, or else of the largest number.
  fileprivate var indexOfLargest: Int? {
    firstIndex(where: \.isNaN) ?? indices.max { self[$0] < self[$1] }
  }
}
