// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares a warning or an error that is logged on purpose. On a method, it must be logged while the test runs; on a
 * class, each test may log it. A test that logs a warning or an error which nothing declares fails ({@link LogWatch}).
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@Repeatable(ExpectedLog.All.class)
public @interface ExpectedLog {

    /** A part of the line, of its text or of the exception that is logged with it. */
    String value();

    /** Several of them. */
    @Documented
    @Inherited
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.METHOD, ElementType.TYPE})
    @interface All {

        /** Each of them. */
        ExpectedLog[] value();
    }
}
