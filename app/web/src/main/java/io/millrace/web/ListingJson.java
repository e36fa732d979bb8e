// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.FileInfo;

/**
 * A listing for programs: an array with an object for each entry.
 *
 * <pre>
 *   [{"name":"a b.txt","type":"file","size":12,"modified":"2026-01-31T12:00:00Z","url":"/docs/a%20b.txt"}]
 * </pre>
 *
 * {@code type} is {@code file} or {@code folder}, {@code size} in bytes (files only), {@code modified} UTC in ISO 8601.
 */
final class ListingJson {
    private ListingJson() {}

    /** The listing as JSON text (RFC 8259). */
    static String of(FolderListing listing) {
        StringBuilder json = new StringBuilder(128 * listing.entries().size() + 16);
        String base = UrlText.path(listing.path());
        String separator = "[";
        for (FileInfo entry : listing.entries()) {
            append(json.append(separator), entry, base);
            separator = ",\n ";
        }
        return json.append(listing.entries().isEmpty() ? "[]\n" : "]\n").toString();
    }

    private static void append(StringBuilder json, FileInfo entry, String base) {
        json.append("{\"name\":");
        JsonText.append(json, entry.name());
        json.append(",\"type\":").append(entry.isFolder() ? "\"folder\"" : "\"file\"");
        if (entry.isFile()) {
            json.append(",\"size\":").append(entry.size());
        }
        json.append(",\"modified\":\"").append(FolderListing.modified(entry)).append("\",\"url\":");
        JsonText.append(json, base + FolderListing.link(entry));
        json.append('}');
    }
}
