// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.FileInfo;
import io.millrace.core.Printable;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A listing for people: one page of HTML that needs nothing else, no script, no font, no second request. Its links are
 * relative, so that it is right below any path that a proxy shows it under.
 */
final class ListingPage implements FolderListing.Form {

    /** What the page may load: its own style, and nothing else, whatever a file name smuggles in. */
    static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
            + "form-action 'self'; frame-ancestors 'self'";

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
    private final ZoneId zone = ZoneId.systemDefault();
    private boolean empty = true;

    ListingPage(FolderListing listing) {
        this.listing = listing;
    }

    @Override
    public String type() {
        return "text/html; charset=utf-8";
    }

    @Override
    public void begin(StringBuilder html) {
        html.append(HEAD);
        escape(html, listing.path());
        html.append("</title>\n<style>\n")
                .append(ListingStyle.CSS)
                .append("</style>\n</head>\n<body>\n")
                .append(ListingStyle.ICONS)
                .append("<main>\n");
        breadcrumb(html);
        summary(html, listing.entries());
        tableHead(html);
    }

    @Override
    public void end(StringBuilder html) {
        html.append("</tbody>\n</table>\n");
        if (empty) {
            html.append("<p class=\"empty\">This folder is empty.</p>\n");
        }
        html.append("</main>\n</body>\n</html>\n");
    }

    /** Each folder on the way a link, the last one not. */
    private void breadcrumb(StringBuilder html) {
        html.append("<h1><nav aria-label=\"Path\">");
        String path = listing.path();
        int at = listing.mount().length();
        int up = (int) path.chars().skip(at).filter(c -> c == '/').count();
        crumb(html, up, listing.mount().equals("/") ? "Home" : path.substring(1, at - 1));
        while (at < path.length()) {
            int slash = path.indexOf('/', at);
            html.append("<i>/</i>");
            crumb(html, --up, path.substring(at, slash));
            at = slash + 1;
        }
        html.append("</nav></h1>\n");
    }

    /** A folder so many levels up, 0 for this one. */
    private static void crumb(StringBuilder html, int up, String name) {
        html.append(up == 0 ? "<b aria-current=\"page\">" : "<a href=\"" + "../".repeat(up) + "\">");
        escape(html, name);
        html.append(up == 0 ? "</b>" : "</a>");
    }

    private static void summary(StringBuilder html, @Nullable EntryTable entries) {
        html.append("<p>");
        if (entries == null) {
            html.append("Too many entries to sort: they are listed as the system has them.");
        } else {
            long files = entries.count() - entries.folders();
            if (entries.folders() > 0) {
                html.append(entries.folders()).append(entries.folders() == 1 ? " folder, " : " folders, ");
            }
            html.append(files).append(files == 1 ? " file" : " files");
            if (files > 0) {
                html.append(", ").append(size(entries.bytes()));
            }
        }
        html.append("</p>\n");
    }

    private void tableHead(StringBuilder html) {
        html.append("<table>\n<thead><tr>");
        column(html, "name", "Name", ListingOrder.Key.NAME);
        column(html, "size", "Size", ListingOrder.Key.SIZE);
        column(html, "time", "Modified", ListingOrder.Key.TIME);
        html.append("</tr></thead>\n<tbody>\n");
        if (listing.path().length() > listing.mount().length()) {
            html.append("<tr><td class=\"name\"><a href=\"../\">")
                    .append(icon("up"))
                    .append(PARENT);
        }
    }

    /**
     * The head of a column sorts by a form and not by a link: programs that follow every link would fetch the page, and
     * all that is below it, once for each order.
     */
    private void column(StringBuilder html, String style, String title, ListingOrder.Key key) {
        ListingOrder order = listing.order();
        html.append("<th scope=\"col\" class=\"").append(style).append('"');
        if (listing.entries() == null) {
            html.append("><span>").append(title).append("</span></th>");
            return;
        }
        if (order.key() == key) {
            html.append(" aria-sort=\"")
                    .append(order.descending() ? "descending" : "ascending")
                    .append('"');
        }
        html.append("><form><input type=\"hidden\" name=\"sort\" value=\"")
                .append(key.parameter())
                .append("\"><button name=\"order\" value=\"")
                .append(order.downwards(key) ? "desc" : "asc")
                .append("\">")
                .append(title)
                .append("</button></form></th>");
    }

    @Override
    public void entry(StringBuilder html, FileInfo entry) {
        empty = false;
        html.append("<tr><td class=\"name\"><a href=\"")
                .append(FolderListing.link(entry))
                .append("\">")
                .append(icon(shape(entry)));
        html.append("<span>");
        escape(html, entry.name());
        html.append("</span></a></td><td class=\"size\">");
        if (entry.isFile()) {
            html.append("<data value=\"")
                    .append(entry.size())
                    .append("\">")
                    .append(size(entry.size()))
                    .append("</data>");
        }
        html.append("</td><td class=\"time\">");
        time(html, entry);
        html.append("</td></tr>\n");
    }

    private void time(StringBuilder html, FileInfo entry) {
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

    private static void escape(StringBuilder html, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                default -> html.append(Printable.at(text, i) ? c : '\uFFFD');
            }
        }
    }
}
