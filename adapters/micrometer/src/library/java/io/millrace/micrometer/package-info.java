// SPDX-License-Identifier: Apache-2.0

/** Meters of a {@link io.millrace.web.WebServer} for Micrometer: {@link io.millrace.micrometer.MillraceMetrics}. */
package io.millrace.micrometer;
