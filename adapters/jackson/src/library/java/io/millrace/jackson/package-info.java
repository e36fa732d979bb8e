// SPDX-License-Identifier: Apache-2.0

/** Bodies as objects by Jackson: {@link io.millrace.jackson.JacksonMapper}. */
package io.millrace.jackson;
