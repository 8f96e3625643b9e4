extension PageTemplates {
  /// Horizontal positions are in percent and text is in pixels: a plot fits any width, and stays
  /// readable.
  static let barPlotTemplate = """
    <figure>
    {{#legend}}
    <p class="legend">{{#series}}<span><i class="swatch {{swatch}}"></i>{{seriesName}}</span>{{/series}}</p>
    {{/legend}}
    <svg class="bars" role="img" aria-label="{{plotDescription}}" width="100%" height="{{plotHeight}}">
    {{#ticks}}
    <line class="grid" x1="{{tickPlace}}%" x2="{{tickPlace}}%" y1="0" y2="{{tickBottom}}"/>
    <text class="tick {{tickAnchor}}" x="{{tickPlace}}%" y="{{tickTextY}}">{{tickText}}</text>
    {{/ticks}}
    {{#barRows}}
    <text class="name" x="0" y="{{textY}}">{{barName}}</text>
    <text class="value" x="100%" y="{{textY}}">{{barText}}</text>
    {{#bars}}
    <rect class="track" x="0" y="{{barY}}" width="100%" height="9" rx="4.5"/>
    {{#isZero}}
    <circle class="zero" cx="5" cy="{{barCenterY}}" r="3.5" data-value="0"><title>{{barTitle}}</title></circle>
    {{/isZero}}
    {{^isZero}}
    <rect class="{{barClass}}" x="0" y="{{barY}}" width="{{barWidth}}%" height="9" rx="4.5" data-value="{{barValue}}"><title>{{barTitle}}</title></rect>
    {{/isZero}}
    {{/bars}}
    {{/barRows}}
    </svg>
    <figcaption>{{plotCaption}}</figcaption>
    </figure>

    """

  static let heatMapTemplate = """
    <figure>
    <p class="legend shades"><span>0</span>{{#shades}}<i class="swatch heat" style="opacity: {{.}}"></i>{{/shades}}<span>{{largestText}}</span></p>
    <svg class="heat-map" role="img" aria-label="{{plotDescription}}" width="100%" height="{{plotHeight}}">
    {{#heatRows}}
    <text class="name" x="0" y="{{textY}}">{{heatName}}</text>
    <text class="value" x="100%" y="{{textY}}">{{heatText}}</text>
    <rect class="track" x="0" y="{{trackY}}" width="100%" height="18" rx="4"/>
    {{#cells}}
    <rect class="{{cellClass}}" x="{{cellX}}%" y="{{cellY}}" width="{{cellWidth}}%" height="18" rx="4" fill-opacity="{{shade}}" data-value="{{cellValue}}"><title>{{cellTitle}}</title></rect>
    {{/cells}}
    {{/heatRows}}
    {{#ticks}}
    <text class="tick {{tickAnchor}}" x="{{tickPlace}}%" y="{{tickTextY}}">{{tickText}}</text>
    {{/ticks}}
    </svg>
    <figcaption>{{plotCaption}}</figcaption>
    </figure>

    """

  static let rangePlotTemplate = """
    <figure>
    <p class="legend"><span><i class="swatch range"></i>{{rangeName}}</span>{{#markerNames}}<span><svg class="mark" width="12" height="12"><g transform="translate(6 6)">{{{shape}}}</g></svg>{{markerName}}</span>{{/markerNames}}</p>
    <svg class="ranges" role="img" aria-label="{{plotDescription}}" width="100%" height="{{plotHeight}}">
    {{#ticks}}
    <line class="grid" x1="{{tickPlace}}%" x2="{{tickPlace}}%" y1="0" y2="{{tickBottom}}"/>
    <text class="tick {{tickAnchor}}" x="{{tickPlace}}%" y="{{tickTextY}}">{{tickText}}</text>
    {{/ticks}}
    {{#rangeRows}}
    <text class="name" x="0" y="{{textY}}">{{rangeRowName}}</text>
    <text class="value" x="100%" y="{{textY}}">{{rangeText}}</text>
    {{#span}}
    <rect class="range" x="{{spanX}}%" y="{{spanY}}" width="{{spanWidth}}%" height="4" rx="2"><title>{{spanTitle}}</title></rect>
    {{/span}}
    {{#markers}}
    <svg class="mark" x="{{markerPlace}}%" y="{{markerY}}" overflow="visible" data-value="{{markerValue}}">{{{shape}}}<title>{{markerTitle}}</title></svg>
    {{/markers}}
    {{/rangeRows}}
    </svg>
    <figcaption>{{plotCaption}}</figcaption>
    </figure>

    """
}
