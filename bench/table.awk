# SPDX-License-Identifier: Apache-2.0
#
# Raw rounds in, a Markdown table of medians out. Fields: scenario contender round requests microseconds user-ticks
# system-ticks errors allocated-bytes (- where there is no heap). hz is the number of ticks in a second; with to, the name of a
# contender, one more column has the median of the ratios within each round.

function median(list, n,    i, j, t) {
    for (i = 2; i <= n; i++) {
        t = list[i]
        for (j = i - 1; j > 0 && list[j] > t; j--) list[j + 1] = list[j]
        list[j + 1] = t
    }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# The median over the rounds of what values holds for this row; leaves the least and the largest in low and high.
function middle(values, row,    i, list, m) {
    for (i = 1; i <= rounds[row]; i++) list[i] = values[row, i]
    m = median(list, rounds[row])
    low = list[1]
    high = list[rounds[row]]
    return m
}

function ratio(scenario, name, to) {
    if (!((scenario, to) in figure) || name == to) return "-"
    return sprintf("%.2f", figure[scenario, name] / figure[scenario, to])
}

# A machine that is shared is slow for a while and then fast: within a round both meet the same.
function paired(row, base,    i, list, n) {
    if (row == base || !(base in rounds) || rounds[base] != rounds[row]) return "-"
    for (i = 1; i <= rounds[row]; i++) list[++n] = cost[row, i] / cost[base, i]
    return sprintf("%.2f", median(list, n))
}

# The cell of the column that is there only if it was asked for.
function added(cell) {
    return to == "" ? "" : cell "|"
}

# 17.3, 173, 0.173: three digits that matter.
function digits(value) {
    return value >= 100 ? sprintf("%.0f", value) : value >= 10 ? sprintf("%.1f", value) : sprintf("%.3f", value)
}

{
    row = $1 SUBSEP $2
    if (!(row in rounds)) order[++rows] = row
    i = ++rounds[row]
    ticks = $6 + $7 > 0 ? $6 + $7 : 1
    cost[row, i] = $4 / (ticks / hz) / 1000
    speed[row, i] = $4 / ($5 / 1e6) / 1000
    user[row, i] = 100 * $6 / ticks
    busy[row, i] = 100 * (ticks / hz) / ($5 / 1e6)
    heap[row, i] = $9 == "-" ? -1 : $9 / ($4 > 0 ? $4 : 1)
}

END {
    line = "| %-13s | %-11s | %9s | %7s | %5s | %7s | %7s | %8s | %6s | %6s | %9s |%s\n"
    printf line, "scenario", "server", "kreq/CPU s", "spread", "to C", "to Netty", "to nginx", "kreq/s", "busy", "user", "B/request", added(" to " to ", by rounds ")
    print "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|" added("--:")
    for (r = 1; r <= rows; r++) {
        figure[order[r]] = middle(cost, order[r])
        spread[order[r]] = sprintf("%.0f %%", 100 * (high - low) / (figure[order[r]] > 0 ? figure[order[r]] : 1))
    }
    for (r = 1; r <= rows; r++) {
        row = order[r]
        split(row, key, SUBSEP)
        bytes = middle(heap, row)
        printf line, key[1], key[2], digits(figure[row]), spread[row], ratio(key[1], key[2], "c"), ratio(key[1], key[2], "netty"),
            ratio(key[1], key[2], "nginx"), digits(middle(speed, row)), sprintf("%.0f %%", middle(busy, row)),
            sprintf("%.0f %%", middle(user, row)), bytes < 0 ? "-" : sprintf("%.1f", bytes), added(" " paired(row, key[1] SUBSEP to) " ")
    }
}
