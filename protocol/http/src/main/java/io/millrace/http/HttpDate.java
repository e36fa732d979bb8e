// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * Dates as HTTP writes them (RFC 9110 section 5.6.7): {@code Sun, 06 Nov 1994 08:49:37 GMT}. The static methods may be
 * called by any thread; an instance is a cache of the last second that was asked for and belongs to one thread.
 */
public final class HttpDate {
    /** Number of bytes of a formatted date. */
    public static final int LENGTH = 29;

    /** What {@link #parse} answers for a text that is no date. */
    public static final long NONE = Long.MIN_VALUE;

    /** The first second that a date can say, 1 January of the year 0, in seconds since 1970. */
    public static final long EARLIEST = -62_167_219_200L;

    private static final String DAYS = "ThuFriSatSunMonTueWed"; // 1 January 1970 was a Thursday
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private static final int DAY_SECONDS = 86_400;

    private final byte[] bytes = new byte[LENGTH];
    private long second = Long.MIN_VALUE;

    /** A cache that holds nothing yet. */
    public HttpDate() {}

    /** The date for a moment, {@link #LENGTH} bytes that stay as they are until the next call. Works once a second. */
    public byte[] at(long epochMillis) {
        long wanted = Math.floorDiv(epochMillis, 1000L);
        if (wanted != second) {
            format(wanted, bytes, 0);
            second = wanted;
        }
        return bytes;
    }

    /** The date for a moment in seconds since 1970. */
    public static String format(long epochSecond) {
        byte[] text = new byte[LENGTH];
        format(epochSecond, text, 0);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    /** Writes {@link #LENGTH} bytes for a moment in seconds since 1970, years 0 to 9999. Allocates nothing. */
    public static void format(long epochSecond, byte[] into, int offset) {
        long days = Math.floorDiv(epochSecond, (long) DAY_SECONDS);
        int time = (int) Math.floorMod(epochSecond, (long) DAY_SECONDS);
        text(into, offset, DAYS, 3 * (int) Math.floorMod(days, 7L));
        into[offset + 3] = ',';
        into[offset + 4] = ' ';
        date(days, into, offset + 5);
        into[offset + 16] = ' ';
        twoDigits(into, offset + 17, time / 3600);
        into[offset + 19] = ':';
        twoDigits(into, offset + 20, time / 60 % 60);
        into[offset + 22] = ':';
        twoDigits(into, offset + 23, time % 60);
        text(into, offset + 25, " GMT", 0);
        into[offset + 28] = 'T';
    }

    // Days to year, month and day, counting years from March so that the leap day comes last (the Gregorian calendar
    // repeats after 146,097 days).
    private static void date(long days, byte[] into, int offset) {
        long shifted = days + 719_468;
        long era = Math.floorDiv(shifted, 146_097L);
        int ofEra = (int) (shifted - era * 146_097);
        int yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
        int ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int fromMarch = (5 * ofYear + 2) / 153;
        int month = fromMarch < 10 ? fromMarch + 2 : fromMarch - 10;
        int year = (int) (yearOfEra + era * 400) + (month < 2 ? 1 : 0);
        twoDigits(into, offset, ofYear - (153 * fromMarch + 2) / 5 + 1);
        into[offset + 2] = ' ';
        text(into, offset + 3, MONTHS, 3 * month);
        into[offset + 6] = ' ';
        twoDigits(into, offset + 7, year / 100);
        twoDigits(into, offset + 9, year % 100);
    }

    private static void text(byte[] into, int offset, String from, int index) {
        for (int i = 0; i < 3; i++) {
            into[offset + i] = (byte) from.charAt(index + i);
        }
    }

    private static void twoDigits(byte[] into, int offset, int value) {
        into[offset] = (byte) ('0' + value / 10);
        into[offset + 1] = (byte) ('0' + value % 10);
    }

    /**
     * Seconds since 1970 of a date in any of the three formats that a recipient must understand, {@link #NONE} for a
     * text that is none of them; negative for a date before 1970:
     *
     * <pre>
     *   Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate
     *   Sunday, 06-Nov-94 08:49:37 GMT   RFC 850
     *   Sun Nov  6 08:49:37 1994         asctime()
     * </pre>
     */
    public static long parse(String text) {
        String[] parts = text.strip().split("[ ,]+");
        return switch (parts.length) {
            case 6 -> isZone(parts[5]) ? moment(parts[1], parts[2], parts[3], parts[4]) : NONE;
            case 5 -> asctime(parts);
            case 4 -> isZone(parts[3]) ? rfc850(parts) : NONE;
            default -> NONE;
        };
    }

    private static boolean isZone(String zone) {
        return zone.equalsIgnoreCase("GMT") || zone.equalsIgnoreCase("UTC");
    }

    private static long asctime(String[] parts) {
        return moment(parts[2], parts[1], parts[4], parts[3]);
    }

    // A two-digit year more than 50 years ahead means the century before (RFC 9110 section 5.6.7).
    private static long rfc850(String[] parts) {
        String[] date = parts[1].split("-");
        if (date.length != 3) {
            return NONE;
        }
        int year = number(date[2]);
        if (date[2].length() == 2 && year >= 0) {
            int now = LocalDate.now(ZoneOffset.UTC).getYear();
            year += now - now % 100;
            year -= year > now + 50 ? 100 : 0;
        }
        return moment(date[0], date[1], Integer.toString(year), parts[2]);
    }

    private static long moment(String day, String month, String year, String time) {
        int monthIndex = month(month);
        int dayOfMonth = number(day);
        int yearNumber = number(year);
        long seconds = seconds(time);
        if (monthIndex < 0 || dayOfMonth < 1 || yearNumber < 0 || year.length() != 4 || seconds < 0) {
            return NONE;
        }
        LocalDate first = LocalDate.of(yearNumber, monthIndex + 1, 1);
        if (dayOfMonth > first.lengthOfMonth()) {
            return NONE;
        }
        return (first.toEpochDay() + dayOfMonth - 1) * DAY_SECONDS + seconds;
    }

    private static int month(String name) {
        if (name.length() != 3) {
            return -1;
        }
        for (int i = 0; i < 12; i++) {
            if (name.regionMatches(true, 0, MONTHS, 3 * i, 3)) {
                return i;
            }
        }
        return -1;
    }

    private static long seconds(String time) {
        if (time.length() != 8 || time.charAt(2) != ':' || time.charAt(5) != ':') {
            return -1;
        }
        int hours = number(time.substring(0, 2));
        int minutes = number(time.substring(3, 5));
        int seconds = number(time.substring(6));
        boolean valid = hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 && seconds >= 0 && seconds <= 60;
        return valid ? hours * 3600L + minutes * 60L + Math.min(seconds, 59) : -1;
    }

    private static int number(String digits) {
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char digit = digits.charAt(i);
            if (digit < '0' || digit > '9' || i > 3) {
                return -1;
            }
            value = 10 * value + digit - '0';
        }
        return digits.isEmpty() ? -1 : value;
    }
}
