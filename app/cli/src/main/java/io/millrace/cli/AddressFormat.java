// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Addresses as people write and read them. */
final class AddressFormat {
    private AddressFormat() {}

    /** The address that {@code host} names. */
    static InetSocketAddress resolve(String host, int port) throws UnknownHostException {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        return new InetSocketAddress(InetAddress.getByName(bare), port);
    }

    /** {@code 127.0.0.1:8000}, {@code [::1]:8000}. */
    static String text(InetSocketAddress address) {
        return host(address.getAddress()) + ":" + address.getPort();
    }

    /** Every URL under which a server that listens on {@code address} can be reached, the nearest first. */
    static List<String> urls(InetSocketAddress address, boolean secure) {
        List<String> urls = new ArrayList<>();
        String scheme = secure ? "https://" : "http://";
        int usual = secure ? 443 : 80;
        for (String host : hosts(address.getAddress())) {
            urls.add(scheme + host + (address.getPort() == usual ? "" : ":" + address.getPort()) + "/");
        }
        return urls;
    }

    /** This machine's addresses, such as can be listened on. */
    static Set<String> local() {
        Set<String> hosts = new TreeSet<>();
        for (InetAddress address : interfaceAddresses()) {
            if (!address.isLinkLocalAddress()) {
                hosts.add(host(address));
            }
        }
        return hosts;
    }

    private static List<String> hosts(InetAddress address) {
        if (!address.isAnyLocalAddress()) {
            return List.of(host(address));
        }
        List<String> hosts = new ArrayList<>(List.of("127.0.0.1"));
        for (InetAddress one : interfaceAddresses()) {
            // The IPv6 wildcard takes IPv4 as well (ipv6(7), IPV6_V6ONLY off), not the other way round.
            boolean reachable = one instanceof Inet4Address || address instanceof Inet6Address;
            if (reachable && !one.isLoopbackAddress() && !one.isLinkLocalAddress()) {
                hosts.add(host(one));
            }
        }
        return hosts;
    }

    private static List<InetAddress> interfaceAddresses() {
        List<InetAddress> addresses = new ArrayList<>();
        try {
            for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (one.isUp()) {
                    addresses.addAll(Collections.list(one.getInetAddresses()));
                }
            }
        } catch (SocketException e) {
            // Without a list of interfaces the loopback address is still true.
            return List.of();
        }
        return addresses;
    }

    /** An IPv6 address goes into brackets (RFC 3986 section 3.2.2), shortened as RFC 5952 asks. */
    private static String host(InetAddress address) {
        String text = address.getHostAddress();
        if (!(address instanceof Inet6Address)) {
            return text;
        }
        // Java adds the interface (%eth0) where it knows it; it means something for link-local addresses only.
        int zone = text.indexOf('%');
        String scope = zone >= 0 && address.isLinkLocalAddress() ? text.substring(zone) : "";
        return "[" + shortened(zone < 0 ? text : text.substring(0, zone)) + scope + "]";
    }

    /** Java writes all eight groups; the longest run of zero groups becomes {@code ::}. */
    static String shortened(String ipv6) {
        String[] groups = ipv6.split(":");
        int from = 0;
        int length = 0;
        for (int i = 0; i < groups.length; i++) {
            int run = 0;
            while (i + run < groups.length && groups[i + run].equals("0")) {
                run++;
            }
            if (run > length) {
                from = i;
                length = run;
            }
        }
        if (length < 2) {
            return ipv6;
        }
        List<String> all = List.of(groups);
        return String.join(":", all.subList(0, from)) + "::" + String.join(":", all.subList(from + length, all.size()));
    }
}
