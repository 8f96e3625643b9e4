extension PageTemplates {
  /// The colours of the two schemes have a contrast of at least 4.5 to their ground, as text.
  static let style = """
    :root {
      --ground: #ffffff; --panel: #f4f6f8; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de;
      --first: #0550ae; --second: #9a6700; --good: #116329; --bad: #a40e26; --heat: #a5330b;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #0d1117; --panel: #161b22; --text: #e6edf3; --quiet: #9ba5b0; --line: #30363d;
        --first: #6cb6ff; --second: #e3b341; --good: #56d364; --bad: #ff7b72; --heat: #ff9a5c;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--ground); color: var(--text);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
    }
    main { max-width: 52rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5rem 0; overflow-wrap: anywhere; }
    h2 { font-size: 1.15rem; margin: 2rem 0 0.25rem; }
    p { margin: 0.5rem 0; }
    .verdict { font-size: 1.1rem; font-weight: 600; padding: 0.5rem 0.75rem; border-left: 5px solid; }
    .verdict.good { color: var(--good); }
    .verdict.bad { color: var(--bad); }
    .verdict.neutral { color: var(--first); }
    .verdict { background: var(--panel); }
    dl { margin: 0; }
    dl div { display: flex; flex-wrap: wrap; gap: 0 0.75rem; border-bottom: 1px solid var(--line); }
    dt { color: var(--quiet); flex: 0 0 8rem; }
    dd { margin: 0; flex: 1 1 12rem; overflow-wrap: anywhere; }
    figure { margin: 0.75rem 0; }
    figcaption, .legend, footer { color: var(--quiet); font-size: 0.85rem; }
    figure > svg { display: block; overflow: visible; }
    svg text { fill: var(--text); font-size: 12px; }
    svg text.value { text-anchor: end; fill: var(--quiet); font-variant-numeric: tabular-nums; }
    svg text.tick { fill: var(--quiet); font-size: 11px; text-anchor: middle; }
    svg text.tick.start { text-anchor: start; }
    svg text.tick.end { text-anchor: end; }
    .grid { stroke: var(--line); stroke-width: 1; }
    .first { fill: var(--first); background: var(--first); }
    .second { fill: var(--second); background: var(--second); }
    .wrong { fill: var(--bad); background: var(--bad); }
    .heat { fill: var(--heat); background: var(--heat); stroke: var(--line); stroke-width: 0.5; }
    .undefined { fill: var(--bad); stroke: var(--bad); stroke-dasharray: 2; }
    .zero { fill: none; stroke: var(--good); stroke-width: 1.5; }
    .range { fill: var(--quiet); background: var(--quiet); }
    .mark { fill: var(--first); stroke: var(--ground); stroke-width: 1; }
    .mark .hollow { fill: var(--ground); stroke: var(--second); stroke-width: 2; }
    .legend { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; }
    .legend span { display: inline-flex; align-items: center; gap: 0.3rem; }
    .swatch { display: inline-block; width: 12px; height: 12px; border-radius: 2px; }
    .swatch.range { height: 4px; width: 20px; }
    .scroll { overflow-x: auto; margin: 0.5rem 0; border: 1px solid var(--line); }
    table { border-collapse: collapse; font-size: 0.85rem; width: 100%; }
    caption { text-align: left; padding: 0.4rem 0.6rem; color: var(--quiet); }
    th, td { padding: 0.25rem 0.6rem; text-align: right; white-space: nowrap; }
    td { font-variant-numeric: tabular-nums; }
    th:first-child { text-align: left; font-weight: normal; }
    thead th { font-weight: 600; border-bottom: 1px solid var(--line); }
    tbody tr:nth-child(even) { background: var(--panel); }
    footer { margin-top: 2rem; }
    """
}
