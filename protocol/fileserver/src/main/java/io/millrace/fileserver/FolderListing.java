// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.FileInfo;
import io.millrace.core.FileInfo.Kind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a listing shows of a folder: which one it is, and those of its entries that can be asked for. Entries that are
 * too many to be sorted are not kept here: they are shown as they come.
 */
final class FolderListing {
    private final String path;
    private final String mount;
    private final ListingOrder order;
    private final @Nullable EntryTable entries;

    /**
     * A listing.
     *
     * @param name the folder's path in the root, without a slash at its end
     * @param entries in order, or {@code null} for entries in no order
     */
    FolderListing(FileOptions options, String name, ListingOrder order, @Nullable EntryTable entries) {
        this.mount = options.mount() + "/";
        this.path = name.isEmpty() ? mount : mount + name + "/";
        this.order = order;
        this.entries = entries;
    }

    /** A form of a listing, written in pieces: the beginning, each entry, the end. */
    interface Form {
        /** Its media type. */
        String type();

        /** Appends what stands before the entries. */
        void begin(StringBuilder text);

        /** Appends one entry. */
        void entry(StringBuilder text, FileInfo entry);

        /** Appends what stands behind the entries. */
        void end(StringBuilder text);
    }

    /** Whether an entry is shown: dead links, devices and what is forbidden would only lead to an error page. */
    static boolean shows(FileInfo entry, boolean hidden) {
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

    /** The entries in order, or {@code null} if they are in no order. */
    @Nullable
    EntryTable entries() {
        return entries;
    }

    /** The name of an entry as a path below the folder's, percent-encoded, with a slash behind a folder. */
    static String link(FileInfo entry) {
        return UrlEncoding.path(entry.name()) + (entry.isFolder() ? "/" : "");
    }

    /** When an entry was changed, in whole seconds. */
    static Instant modified(FileInfo entry) {
        return entry.modified().truncatedTo(ChronoUnit.SECONDS);
    }
}
