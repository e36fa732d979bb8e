// SPDX-License-Identifier: Apache-2.0

/**
 * Web applications, a page each: what is written most often, and no more of it than must be. {@code docs/examples.md}
 * counts them beside the same programs on other libraries.
 *
 * <p>Each class has a method that sets its server up, which tests call, and a {@code main} that starts it.
 */
package io.millrace.sample.web;
