// SPDX-License-Identifier: Apache-2.0

/**
 * Files and folders over HTTP (RFC 9110 sections 8, 12 to 15).
 *
 * <p>Knows: how a {@link io.millrace.core.DirectoryRoot folder} is served ({@link io.millrace.fileserver.StaticFiles}),
 * media types, conditional requests, ranges, precompressed variants, listings for browsers and programs. Does not know:
 * wire formats, event loops, system calls; the folder is handed in open.
 *
 * <p>Read in this order: {@code StaticFiles} with {@code FileOptions}; {@code FileSender} with {@code FileCache};
 * {@code FileAnswer}, which decides what is sent, with {@code Preconditions}, {@code ByteRanges} and
 * {@code PrecompressedVariants}; {@code Listings} with {@code EntryTable} and {@code FolderListing}.
 */
@NullMarked
package io.millrace.fileserver;

import org.jspecify.annotations.NullMarked;
