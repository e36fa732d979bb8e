// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

/** How a {@link ListingPage} looks. */
final class ListingStyle {
    private ListingStyle() {}

    /** Follows the reader's choice of light or dark and the width of the window. */
    static final String CSS = """
            :root { --ink: #1d2430; --soft: #667085; --line: #e6e9ef; --page: #f6f7f9; --card: #fff; --hover: #f0f4ff;
              --link: #1a56c4; --folder: #d9962b; --image: #2a9d63; --audio: #b4459c; --video: #d1495b;
              --archive: #8a6d3b }
            @media (prefers-color-scheme: dark) {
              :root { --ink: #e4e8ef; --soft: #97a1b3; --line: #2b323e; --page: #12151b; --card: #1a1f28;
                --hover: #222a37; --link: #8ab4ff; --folder: #e8b04f; --image: #5cc98f; --audio: #d98bc8;
                --video: #f0828f; --archive: #c8a96a }
            }
            * { box-sizing: border-box }
            body { margin: 0; background: var(--page); color: var(--ink); -webkit-text-size-adjust: 100%;
              font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
            main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 3rem }
            h1 { margin: 0; font-size: 1.35rem; font-weight: 600; line-height: 1.4; overflow-wrap: anywhere }
            h1 i { margin: 0 .35em; color: var(--soft); font-style: normal; font-weight: 400 }
            h1 b { font-weight: inherit }
            p { margin: .25rem 0 1.25rem; color: var(--soft); font-size: .9rem }
            p.empty { margin: 1.5rem 0; text-align: center }
            a { color: var(--link); text-decoration: none }
            a:hover { text-decoration: underline }
            a:focus-visible, button:focus-visible { outline: 2px solid var(--link); outline-offset: -2px; border-radius: 6px }
            table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card);
              border: 1px solid var(--line); border-radius: 12px; overflow: hidden }
            th { text-align: left; font-size: .8rem; font-weight: 600 }
            th span, button { display: block; width: 100%; padding: .6rem 1rem; border: 0; background: none;
              color: var(--soft); font: inherit; text-align: inherit; white-space: nowrap }
            button { cursor: pointer }
            button:hover { text-decoration: underline }
            th[aria-sort] button { color: var(--ink) }
            th[aria-sort] button::after { content: " \\2191" }
            th[aria-sort=descending] button::after { content: " \\2193" }
            td { border-top: 1px solid var(--line) }
            tbody tr:hover { background: var(--hover) }
            td.name { width: 100% }
            td.name a { display: flex; align-items: center; gap: .7rem; padding: .5rem 1rem; min-height: 2.6rem;
              color: inherit }
            td.name span { overflow-wrap: anywhere }
            .size, .time { white-space: nowrap; font-variant-numeric: tabular-nums }
            td.size, td.time { padding: 0 1rem; color: var(--soft); font-size: .9rem }
            .size { text-align: right }
            svg { flex: none; width: 1.25rem; height: 1.25rem; fill: none; stroke: var(--soft); stroke-width: 1.6;
              stroke-linecap: round; stroke-linejoin: round }
            svg.folder { stroke: var(--folder); fill: color-mix(in srgb, var(--folder) 18%, transparent) }
            svg.image { stroke: var(--image) } svg.audio { stroke: var(--audio) }
            svg.video { stroke: var(--video) } svg.archive { stroke: var(--archive) }
            @media (max-width: 36rem) {
              main { padding: 1.1rem .75rem 2rem }
              h1 { font-size: 1.15rem }
              th span, button { padding: .6rem .5rem }
              th.name span, th.name button, td.name a { padding-left: .75rem }
              td.name a { padding-right: .25rem }
              td.size, td.time { padding: 0 .5rem; font-size: .8rem }
              time span { display: none }
            }
            """;

    /** The shapes that the rows point at, drawn here rather than fetched. */
    static final String ICONS = """
            <svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
            <symbol id="up" viewBox="0 0 24 24"><path d="M10 5 5 10l5 5M5 10h9a5 5 0 0 1 5 5v4"/></symbol>
            <symbol id="folder" viewBox="0 0 24 24"><path d="M3 7a2 2 0 0 1 2-2h4l2.5 2.5H19a2 2 0 0 1 2 2V17a2 2 0 0\
             1-2 2H5a2 2 0 0 1-2-2z"/></symbol>
            <symbol id="other" viewBox="0 0 24 24"><path d="M6 3h8l5 5v12a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1\
             1-1zM14 3v5h5"/></symbol>
            <symbol id="text" viewBox="0 0 24 24"><path d="M6 3h8l5 5v12a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1\
             1-1zM14 3v5h5M9 13h6M9 17h4"/></symbol>
            <symbol id="image" viewBox="0 0 24 24"><rect x="3" y="4" width="18" height="16" rx="2"/>\
            <circle cx="8.5" cy="9.5" r="1.5"/><path d="m4 18 5-5 3 3 4-4 5 5"/></symbol>
            <symbol id="audio" viewBox="0 0 24 24"><circle cx="7" cy="17" r="3"/><circle cx="17" cy="15" r="3"/>\
            <path d="M10 17V6l10-2v11"/></symbol>
            <symbol id="video" viewBox="0 0 24 24"><rect x="3" y="4" width="18" height="16" rx="2"/>\
            <path d="m10 9 5 3-5 3z"/></symbol>
            <symbol id="archive" viewBox="0 0 24 24"><rect x="3" y="4" width="18" height="5" rx="1"/>\
            <path d="M5 9v10a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1V9M10 13h4"/></symbol>
            </defs></svg>
            """;
}
