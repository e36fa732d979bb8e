// SPDX-License-Identifier: Apache-2.0

/**
 * What browsers send by forms: fields that are encoded as in a URL, and parts with files (RFC 7578).
 *
 * <p>Knows: both encodings, their limits, when a part goes to disk. Does not know: wires, servers, JSON.
 *
 * <p>Read in this order: {@code FormData}, {@code MultipartForm}, {@code Part}, {@code MultipartReader}.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.forms;
