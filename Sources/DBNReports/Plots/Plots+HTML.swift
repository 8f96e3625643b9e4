// Horizontal positions are in percent and text is in pixels: a plot fits any width, and stays
// readable. A plot's axis is a picture of its own, which stays in view while the plot is scrolled.

extension BarPlot {
  var html: HTML {
    """
    <figure>
    \(legendHTML)\(ticks.axis)
    <div class="plot">
    <svg class="bars" role="img" aria-label="\(plotDescription)" width="100%" height="\(plotHeight)">
    \(ticks.map(\.line) + barRows.map(\.html) + (limit.map { [$0.html(plotHeight)] } ?? []))
    </svg>\(inline: spots.map(\.html))
    </div>
    <figcaption>\(plotCaption)</figcaption>
    </figure>
    """
  }

  private var legendHTML: HTML {
    guard let legend else { return "" }
    let mark: HTML =
      legend.mark.map { name in
        """
        <span><svg class="mark relative" width="12" height="12"><g transform="translate(6 6)">\(BarPlot.Mark.shape)</g></svg>\(name)</span>
        """
      } ?? ""
    return "<p class=\"legend\">\(inline: legend.series.map(\.html))\(mark)</p>\n"
  }
}

extension BarPlot.Series {
  fileprivate var html: HTML { "<span><i class=\"swatch \(swatch)\"></i>\(seriesName)</span>" }
}

extension BarPlot.Row {
  fileprivate var html: HTML {
    """
    <text class="\(nameClass)" x="0" y="\(textY)">\(barName)</text>
    <text class="value" x="100%" y="\(textY)">\(barText)</text>
    \(bars.map(\.html))
    """
  }
}

extension BarPlot.Bar {
  fileprivate var html: HTML {
    let track: HTML = """
      <rect class="track" x="0" y="\(barY)" width="100%" height="9" rx="4.5"/>
      """
    let mark: HTML =
      isZero
      ? """
      <circle class="zero" cx="5" cy="\(barCenterY)" r="3.5" data-value="0"><title>\(barTitle)</title></circle>
      """
      : """
      <rect class="\(barClass)" x="0" y="\(barY)" width="\(barWidth)%" height="9" rx="4.5" data-value="\(barValue)"><title>\(barTitle)</title></rect>
      """
    let extras = [interval?.html(y: barY + 3), self.mark?.html(y: barCenterY)].compactMap(\.self)
    return "\([track, mark] + extras)"
  }
}

extension BarPlot.Interval {
  fileprivate func html(y: Int) -> HTML {
    """
    <rect class="interval" x="\(intervalX)%" y="\(y)" width="\(intervalWidth)%" height="3" rx="1.5"/>
    """
  }
}

extension BarPlot.Mark {
  fileprivate static let shape: HTML = "<path d=\"M0 -6L6 0L0 6L-6 0Z\"/>"

  fileprivate func html(y: Int) -> HTML {
    """
    <svg class="mark relative" x="\(markPlace)%" y="\(y)" overflow="visible" data-value="\(markValue)">\(Self.shape)<title>\(markTitle)</title></svg>
    """
  }
}

extension BarPlot.Limit {
  fileprivate func html(_ height: Int) -> HTML {
    """
    <line class="limit" x1="\(limitPlace)%" x2="\(limitPlace)%" y1="0" y2="\(height)"/>
    """
  }
}

extension PlotSpot {
  fileprivate var html: HTML {
    "<span class=\"spot\" id=\"\(anchor)\" style=\"top: \(top)px; height: \(height)px\"></span>"
  }
}

extension HeatMap {
  var html: HTML {
    let swatches: [HTML] = shades.map { "<i class=\"swatch heat\" style=\"opacity: \($0)\"></i>" }
    return """
      <figure>
      <p class="legend shades"><span>0</span>\(inline: swatches)<span>\(largestText)</span></p>
      \(ticks.axis)
      <div class="plot">
      <svg class="heat-map" role="img" aria-label="\(plotDescription)" width="100%" height="\(plotHeight)">
      \(heatRows.map(\.html))
      </svg>\(inline: spots.map(\.html))
      </div>
      <figcaption>\(plotCaption)</figcaption>
      </figure>
      """
  }
}

extension HeatMap.Row {
  fileprivate var html: HTML {
    """
    <text class="name" x="0" y="\(textY)">\(heatName)</text>
    <text class="value" x="100%" y="\(textY)">\(heatText)</text>
    <rect class="track" x="0" y="\(trackY)" width="100%" height="18" rx="4"/>
    \(cells.map(\.html))
    """
  }
}

extension HeatMap.Cell {
  fileprivate var html: HTML {
    """
    <rect class="\(cellClass)" x="\(cellX)%" y="\(cellY)" width="\(cellWidth)%" height="18" fill-opacity="\(shade)" data-value="\(cellValue)"><title>\(cellTitle)</title></rect>
    """
  }
}

extension RangePlot {
  var html: HTML {
    """
    <figure>
    <p class="legend"><span><i class="swatch range"></i>\(rangeName)</span>\(inline: markerNames.map(\.html))</p>
    \(ticks.axis)
    <div class="plot">
    <svg class="ranges" role="img" aria-label="\(plotDescription)" width="100%" height="\(plotHeight)">
    \(ticks.map(\.line) + rangeRows.map(\.html))
    </svg>
    </div>
    <figcaption>\(plotCaption)</figcaption>
    </figure>
    """
  }
}

extension RangePlot.MarkerName {
  fileprivate var html: HTML {
    """
    <span><svg class="mark" width="12" height="12"><g transform="translate(6 6)">\(shape)</g></svg>\(markerName)</span>
    """
  }
}

extension RangePlot.Row {
  fileprivate var html: HTML {
    let texts: HTML = """
      <text class="name" x="0" y="\(textY)">\(rangeRowName)</text>
      <text class="value" x="100%" y="\(textY)">\(rangeText)</text>
      """
    return "\([texts] + (span.map { [$0.html] } ?? []) + markers.map(\.html))"
  }
}

extension RangePlot.Span {
  fileprivate var html: HTML {
    """
    <rect class="range" x="\(spanX)%" y="\(spanY)" width="\(spanWidth)%" height="4" rx="2"><title>\(spanTitle)</title></rect>
    """
  }
}

extension RangePlot.Marker {
  fileprivate var html: HTML {
    """
    <svg class="mark" x="\(markerPlace)%" y="\(markerY)" overflow="visible" data-value="\(markerValue)">\(shape)<title>\(markerTitle)</title></svg>
    """
  }
}

extension PlacedTick {
  fileprivate var textHTML: HTML {
    """
    <text class="tick \(tickAnchor)" x="\(tickPlace)%" y="14">\(tickText)</text>
    """
  }

  fileprivate var line: HTML {
    """
    <line class="grid" x1="\(tickPlace)%" x2="\(tickPlace)%" y1="0" y2="\(tickBottom)"/>
    """
  }
}

extension [PlacedTick] {
  /// The texts of an axis. The plot below has the lines.
  fileprivate var axis: HTML {
    """
    <svg class="axis" aria-hidden="true" width="100%" height="20">
    \(map(\.textHTML))
    </svg>
    """
  }
}
