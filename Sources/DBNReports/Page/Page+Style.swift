extension Page {
  /// Text in both colour schemes has a contrast of at least 4.5 to its background.
  static let style: HTML = """
    :root {
      --ground: #f5f6f8; --card: #ffffff; --track: #eef0f4; --text: #16181d; --quiet: #5b6472;
      --line: #e1e4ea; --first: #4f46e5; --second: #0e7490; --heat: #c2410c;
      --good: #116329; --good-ground: #dcf5e3; --bad: #a40e26; --bad-ground: #ffe7e6;
      --neutral: #3730a3; --neutral-ground: #e8e8fd; --shadow: 0 1px 3px rgb(16 24 40 / 8%);
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #0e1116; --card: #171b22; --track: #232934; --text: #e8ecf2; --quiet: #9aa4b2;
        --line: #2a313c; --first: #a5b4fc; --second: #5cc8df; --heat: #fb923c;
        --good: #7ee2a0; --good-ground: #14301f; --bad: #ff9d96; --bad-ground: #3a191b;
        --neutral: #b9c3ff; --neutral-ground: #23264a; --shadow: none;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--ground); color: var(--text);
      font: 15px/1.5 Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
    }
    main { max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem; }
    h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 0.75rem; }
    h1, dd, li { overflow-wrap: anywhere; }
    h2 { font-size: 1.05rem; line-height: 1.3; margin: 0 0 0.25rem; }
    p { margin: 0.25rem 0; }
    .kicker {
      color: var(--quiet); font-size: 0.75rem; font-weight: 600; letter-spacing: 0.06em;
      text-transform: uppercase;
    }
    .verdict {
      display: inline-block; font-weight: 600; padding: 0.3rem 0.8rem; border-radius: 1rem;
      overflow-wrap: anywhere;
    }
    .verdict.good { color: var(--good); background: var(--good-ground); }
    .verdict.bad { color: var(--bad); background: var(--bad-ground); }
    .verdict.neutral { color: var(--neutral); background: var(--neutral-ground); }
    .figures {
      display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.75rem;
      list-style: none; margin: 1rem 0; padding: 0;
    }
    .figures li, section {
      background: var(--card); border: 1px solid var(--line); border-radius: 12px;
      box-shadow: var(--shadow);
    }
    .figures li { padding: 0.7rem 0.9rem; }
    .figures b { display: block; font-size: 1.4rem; line-height: 1.25; letter-spacing: -0.02em; }
    .figures span { color: var(--quiet); font-size: 0.8rem; line-height: 1.35; display: block; }
    section { padding: 1rem; margin: 0.75rem 0; }
    section > p { color: var(--quiet); font-size: 0.9rem; }
    dl { margin: 0; font-size: 0.9rem; }
    dl div { display: flex; flex-wrap: wrap; gap: 0 0.75rem; padding: 0.35rem 0; }
    dl div + div { border-top: 1px solid var(--line); }
    dt { color: var(--quiet); flex: 0 0 8rem; overflow-wrap: anywhere; }
    dd { margin: 0; flex: 1 1 12rem; }
    figure { margin: 0.75rem 0 0; }
    figcaption, .legend, footer { color: var(--quiet); font-size: 0.8rem; }
    figure > svg { display: block; }
    figcaption { margin-top: 0.25rem; }
    figcaption:empty { display: none; }
    svg text {
      fill: var(--text); font-size: 12.5px;
      paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round;
    }
    svg text.name { font-weight: 500; }
    svg text.strong { font-weight: 700; }
    figure > .axis {
      position: sticky; top: 0; z-index: 1; background: var(--card); overflow: visible;
      border-bottom: 1px solid var(--line);
    }
    .plot { position: relative; }
    .plot > svg { display: block; overflow: visible; }
    .spot {
      position: absolute; left: -0.4rem; right: -0.4rem; border-radius: 6px; pointer-events: none;
      scroll-margin-top: 30vh;
    }
    .spot:target { box-shadow: 0 0 0 2px var(--first); }
    a { color: var(--first); text-decoration-thickness: 1px; text-underline-offset: 0.15em; }
    svg text.value { text-anchor: end; fill: var(--quiet); font-variant-numeric: tabular-nums; }
    svg text.tick { fill: var(--quiet); font-size: 11px; text-anchor: middle; }
    svg text.tick.start { text-anchor: start; }
    svg text.tick.end { text-anchor: end; }
    .grid { stroke: var(--line); stroke-width: 1; }
    .track { fill: var(--track); }
    .first { fill: var(--first); background: var(--first); }
    .second { fill: var(--second); background: var(--second); }
    .wrong { fill: var(--bad); background: var(--bad); }
    .heat { fill: var(--heat); background: var(--heat); stroke: var(--card); stroke-width: 2; }
    .heat-map rect { rx: 4px; }
    .interval { fill: var(--text); stroke: var(--card); stroke-width: 1; }
    .limit { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 6 3; }
    .swatch.limit { height: 0; width: 20px; border-top: 2px dashed var(--bad); border-radius: 0; }
    .undefined { fill: var(--bad); stroke: var(--bad); stroke-dasharray: 2; }
    .zero { fill: none; stroke: var(--good); stroke-width: 2; }
    .range { fill: var(--quiet); background: var(--quiet); }
    .mark { fill: var(--first); stroke: var(--card); stroke-width: 1; }
    .relative { fill: var(--text); }
    .mark .hollow { fill: var(--card); stroke: var(--second); stroke-width: 2; }
    .legend { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.9rem; }
    .legend span { display: inline-flex; align-items: center; gap: 0.35rem; }
    .legend.shades { gap: 0.25rem; }
    .swatch { display: inline-block; width: 12px; height: 12px; border-radius: 3px; stroke: none; }
    .swatch.range { height: 4px; width: 20px; }
    .legend.shades .swatch { width: 20px; }
    details { margin-top: 0.75rem; border-top: 1px solid var(--line); padding-top: 0.6rem; }
    summary { cursor: pointer; color: var(--first); font-size: 0.85rem; font-weight: 500; }
    details + dl { margin-top: 0.75rem; }
    .scroll { overflow: auto; max-height: 80vh; margin-top: 0.5rem; }
    table { border-collapse: separate; border-spacing: 0; font-size: 0.85rem; width: 100%; }
    th, td { padding: 0.3rem 0.6rem; text-align: right; white-space: nowrap; }
    td { font-variant-numeric: tabular-nums; }
    th:first-child {
      position: sticky; left: 0; background: var(--card); text-align: left; font-weight: normal;
      padding-left: 0;
    }
    thead th {
      position: sticky; top: 0; background: var(--card); font-weight: 600; color: var(--quiet);
      box-shadow: 0 1px var(--line);
    }
    thead th:first-child { z-index: 1; }
    tbody th, tbody td { border-top: 1px solid var(--line); }
    footer { margin: 1rem 0.25rem; }
    @media (max-width: 36rem) {
      tbody th:first-child {
        min-width: 8.5rem; max-width: 55vw; white-space: normal; overflow-wrap: anywhere;
      }
    }
    @media (min-width: 36rem) {
      .figures { grid-template-columns: repeat(4, minmax(0, 1fr)); }
      section { padding: 1.25rem 1.5rem; }
    }
    @media print { details > .scroll { display: block; max-height: none; } }
    """
}
