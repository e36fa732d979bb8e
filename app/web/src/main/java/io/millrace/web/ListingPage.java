// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.FileInfo;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** A listing for people: one page of HTML that needs nothing else, no script, no font, no second request. */
final class ListingPage {

    /** What the page may load: its own style, and nothing else, whatever a file name smuggles in. */
    static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'self'";

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <link rel="icon" href="data:,">
            <title>""";

    private static final String PARENT = """
            <span>Parent folder</span></a></td><td class="size"></td><td class="time"></td></tr>
            """;

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("uuuu-MM-dd", Locale.ROOT);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);
    private static final String UNITS = "kMGTPE";

    private final FolderListing listing;
    private final StringBuilder html;
    private final ZoneId zone = ZoneId.systemDefault();

    private ListingPage(FolderListing listing) {
        this.listing = listing;
        this.html = new StringBuilder(8192 + 256 * listing.entries().size());
    }

    /** The listing as a page. */
    static String of(FolderListing listing) {
        return new ListingPage(listing).page();
    }

    private String page() {
        html.append(HEAD);
        escape(listing.path());
        html.append("</title>\n<style>\n")
                .append(ListingStyle.CSS)
                .append("</style>\n</head>\n<body>\n")
                .append(ListingStyle.ICONS)
                .append("<main>\n");
        breadcrumb();
        summary();
        table();
        html.append("</main>\n</body>\n</html>\n");
        return html.toString();
    }

    /** Each folder on the way a link, the last one not. */
    private void breadcrumb() {
        html.append("<h1><nav aria-label=\"Path\">");
        String path = listing.path();
        int at = listing.mount().length();
        crumb(path.substring(0, at), listing.mount().equals("/") ? "Home" : path.substring(1, at - 1));
        while (at < path.length()) {
            int slash = path.indexOf('/', at);
            html.append("<i>/</i>");
            crumb(path.substring(0, slash + 1), path.substring(at, slash));
            at = slash + 1;
        }
        html.append("</nav></h1>\n");
    }

    private void crumb(String path, String name) {
        boolean here = path.equals(listing.path());
        html.append(here ? "<b aria-current=\"page\">" : "<a href=\"" + UrlText.path(path) + "\">");
        escape(name);
        html.append(here ? "</b>" : "</a>");
    }

    private void summary() {
        long folders = listing.entries().stream().filter(FileInfo::isFolder).count();
        long files = listing.entries().size() - folders;
        long bytes = listing.entries().stream()
                .mapToLong(entry -> entry.isFile() ? entry.size() : 0)
                .sum();
        html.append("<p>");
        if (folders > 0) {
            html.append(folders).append(folders == 1 ? " folder, " : " folders, ");
        }
        html.append(files).append(files == 1 ? " file" : " files");
        if (files > 0) {
            html.append(", ").append(size(bytes));
        }
        html.append("</p>\n");
    }

    private void table() {
        html.append("<table>\n<thead><tr>");
        column("name", "Name", ListingOrder.Key.NAME);
        column("size", "Size", ListingOrder.Key.SIZE);
        column("time", "Modified", ListingOrder.Key.TIME);
        html.append("</tr></thead>\n<tbody>\n");
        if (listing.path().length() > listing.mount().length()) {
            html.append("<tr><td class=\"name\"><a href=\"../\">")
                    .append(icon("up"))
                    .append(PARENT);
        }
        listing.entries().forEach(this::row);
        html.append("</tbody>\n</table>\n");
        if (listing.entries().isEmpty()) {
            html.append("<p class=\"empty\">This folder is empty.</p>\n");
        }
    }

    private void column(String style, String title, ListingOrder.Key key) {
        boolean sorted = listing.order().key() == key;
        boolean down = listing.order().descending();
        html.append("<th scope=\"col\" class=\"").append(style).append('"');
        if (sorted) {
            html.append(" aria-sort=\"")
                    .append(down ? "descending" : "ascending")
                    .append('"');
        }
        html.append("><a href=\"");
        escape(listing.order().link(key));
        html.append("\">").append(title).append("</a></th>");
    }

    private void row(FileInfo entry) {
        html.append("<tr><td class=\"name\"><a href=\"")
                .append(FolderListing.link(entry))
                .append("\">")
                .append(icon(shape(entry)));
        html.append("<span>");
        escape(entry.name());
        html.append("</span></a></td><td class=\"size\">");
        if (entry.isFile()) {
            html.append("<data value=\"")
                    .append(entry.size())
                    .append("\">")
                    .append(size(entry.size()))
                    .append("</data>");
        }
        html.append("</td><td class=\"time\">");
        time(entry);
        html.append("</td></tr>\n");
    }

    private void time(FileInfo entry) {
        ZonedDateTime time = FolderListing.modified(entry).atZone(zone);
        html.append("<time datetime=\"")
                .append(DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time))
                .append("\">")
                .append(DAY.format(time))
                .append("<span> ")
                .append(TIME.format(time))
                .append("</span></time>");
    }

    private static String icon(String shape) {
        return "<svg class=\"" + shape + "\" aria-hidden=\"true\"><use href=\"#" + shape + "\"/></svg>";
    }

    private static String shape(FileInfo entry) {
        return entry.isFolder()
                ? "folder"
                : MediaTypes.of(entry.name()).family().name().toLowerCase(Locale.ROOT);
    }

    /** 999 B, 1.5 kB, 23 MB: three digits and a power of 1,000, as disks and file managers count. */
    static String size(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes / 1000.0;
        int unit = 0;
        while (value >= 999.5) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, value < 9.95 ? "%.1f %sB" : "%.0f %sB", value, UNITS.charAt(unit));
    }

    private void escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                default -> html.append(visible(c) ? c : '\uFFFD');
            }
        }
    }

    /** Control characters, and those that turn the direction of writing to make {@code exe.txt} of {@code txt.exe}. */
    private static boolean visible(char c) {
        return c >= ' ' && (c < 127 || c > 159) && (c < '\u202A' || c > '\u202E') && (c < '\u2066' || c > '\u2069');
    }
}
