// SPDX-License-Identifier: Apache-2.0

/** Vert.x as {@code bench/http2/run} asks it. */
package io.millrace.bench.vertx;
