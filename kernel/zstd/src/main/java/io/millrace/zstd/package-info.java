// SPDX-License-Identifier: Apache-2.0

/**
 * Compression by the system's libzstd, which is loaded when it is first asked for. Where it cannot be loaded
 * {@link io.millrace.zstd.ZstdCompressor#whyNot} says why, and nothing else depends on it.
 *
 * <pre>
 *   heap array ─► native input (64 KiB) ─► ZSTD_compressStream2 ─► native output (64 KiB) ─► Buffer
 * </pre>
 */
@NullMarked
package io.millrace.zstd;

import org.jspecify.annotations.NullMarked;
