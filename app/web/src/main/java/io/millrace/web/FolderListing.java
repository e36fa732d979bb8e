// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.FileInfo;
import io.millrace.core.FileInfo.Kind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** What a listing shows of a folder: its entries that can be asked for, in order. */
final class FolderListing {
    private final String path;
    private final String mount;
    private final ListingOrder order;
    private final List<FileInfo> entries;

    /**
     * A listing.
     *
     * @param name the folder's path in the root, without a slash at its end
     * @param found everything that is in it
     */
    FolderListing(FileOptions options, String name, ListingOrder order, List<FileInfo> found) {
        this.mount = options.mount() + "/";
        this.path = name.isEmpty() ? mount : mount + name + "/";
        this.order = order;
        this.entries = found.stream()
                .filter(entry -> reachable(entry, options.hidden()))
                .sorted(order.comparator())
                .toList();
    }

    /** Dead links, devices and what is forbidden would only lead to an error page. */
    private static boolean reachable(FileInfo entry, boolean hidden) {
        boolean servable = entry.kind() == Kind.FILE || entry.kind() == Kind.FOLDER;
        return servable && RequestedName.servable(entry.name(), hidden);
    }

    /** The path of the folder as clients ask for it, with a slash at its end. */
    String path() {
        return path;
    }

    /** The path of the uppermost folder, with a slash at its end: a prefix of {@link #path}. */
    String mount() {
        return mount;
    }

    /** The order of the entries. */
    ListingOrder order() {
        return order;
    }

    /** The entries in order. */
    List<FileInfo> entries() {
        return entries;
    }

    /** The name of an entry as a path below the folder's, percent-encoded, with a slash behind a folder. */
    static String link(FileInfo entry) {
        return UrlText.path(entry.name()) + (entry.isFolder() ? "/" : "");
    }

    /** When an entry was changed, in whole seconds. */
    static Instant modified(FileInfo entry) {
        return entry.modified().truncatedTo(ChronoUnit.SECONDS);
    }
}
