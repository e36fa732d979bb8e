// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.FileInfo;

/**
 * A listing for programs, as JSON (RFC 8259): an array with an object for each entry.
 *
 * <pre>
 *   [{"name":"a b.txt","type":"file","size":12,"modified":"2026-01-31T12:00:00Z","url":"a%20b.txt"}]
 * </pre>
 *
 * {@code type} is {@code file} or {@code folder}, {@code size} in bytes (files only), {@code modified} UTC in ISO 8601,
 * {@code url} relative to that of the listing.
 */
final class ListingJson implements FolderListing.Form {
    private boolean empty = true;

    @Override
    public String type() {
        return "application/json";
    }

    @Override
    public void begin(StringBuilder json) {
        json.append('[');
    }

    @Override
    public void entry(StringBuilder json, FileInfo entry) {
        json.append(empty ? "{\"name\":" : ",\n {\"name\":");
        empty = false;
        JsonText.append(json, entry.name());
        json.append(",\"type\":").append(entry.isFolder() ? "\"folder\"" : "\"file\"");
        if (entry.isFile()) {
            json.append(",\"size\":").append(entry.size());
        }
        json.append(",\"modified\":\"").append(FolderListing.modified(entry)).append("\",\"url\":");
        JsonText.append(json, FolderListing.link(entry));
        json.append('}');
    }

    @Override
    public void end(StringBuilder json) {
        json.append("]\n");
    }
}
