// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

/** Is told how the body of a request ends. On the loop. */
interface BodyOwner {

    /** The last byte has been handed to the link. */
    void bodyEnded();

    /** There will be no more of it. */
    void bodyFailed(Throwable why);
}
