// Optimal transport between n supplies and m demands by the network simplex, as graph libraries have it: all mass begins on arcs of a large
// cost to a root of its own, and the arc of the least reduced cost in the next block of arcs enters a strongly feasible spanning tree
// (Király and Kovács, "Efficient implementations of minimum-cost flow algorithms", 2012; Cunningham 1976).
//
// networkSimplex INPUT N M REPETITIONS reads supplies, demands and the costs row by row as doubles, and prints seconds of processor time, value and peak in MB.
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

class NetworkSimplex {
 public:
  NetworkSimplex(int n, int m, const double* supply, const double* demand, const double* cost)
      : n_(n), m_(m), root_(n + m), cost_(cost), parent_(n + m + 1), arc_(n + m + 1), depth_(n + m + 1), child_(n + m + 1, -1),
        next_(n + m + 1, -1), last_(n + m + 1, -1), flow_(n + m + 1), potential_(n + m + 1) {
    double largest = 0, mass = 0;
    for (size_t k = 0; k < static_cast<size_t>(n) * m; k++) largest = std::max(largest, std::fabs(cost[k]));
    artificial_ = (largest + 1) * (n + m);
    parent_[root_] = -1;
    for (int node = 0; node < root_; node++) {
      arc_[node] = -1;
      flow_[node] = node < n ? supply[node] : demand[node - n];
      if (node < n) mass += flow_[node];
      // Arcs go from supplies over the root to demands: the reduced cost of an arc of the tree is 0.
      potential_[node] = node < n ? artificial_ : -artificial_;
      depth_[node] = 1;
      attach(node, root_);
    }
    tolerance_ = 1e-14 * std::max(largest, 1e-300);
    tiny_ = 1e-16 * mass;
  }

  double solve() {
    const size_t arcs = static_cast<size_t>(n_) * m_;
    const size_t block = std::max<size_t>(10, static_cast<size_t>(std::sqrt(static_cast<double>(arcs))));
    int row = 0, column = 0;
    for (;;) {
      double least = -tolerance_;
      long long entering = -1;
      size_t left = block;
      for (size_t seen = 0; seen < arcs;) {
        const int end = static_cast<int>(std::min<size_t>(m_, column + std::min(left, arcs - seen)));
        const double* costs = cost_ + static_cast<size_t>(row) * m_;
        const double* below = potential_.data() + n_;
        const double potential = potential_[row];
        for (int j = column; j < end; j++) {
          const double reduced = costs[j] - potential + below[j];
          if (reduced < least) {
            least = reduced;
            entering = static_cast<long long>(row) * m_ + j;
          }
        }
        seen += end - column;
        left -= end - column;
        column = end;
        if (column == m_) {
          column = 0;
          if (++row == n_) row = 0;
        }
        if (left == 0) {
          if (entering >= 0) break;
          left = block;
        }
      }
      if (entering < 0) break;
      pivot(static_cast<size_t>(entering));
    }
    double value = 0;
    for (int node = 0; node < root_; node++) {
      if (arc_[node] >= 0) value += flow_[node] * cost_[arc_[node]];
      else if (flow_[node] > 1e-9) return NAN;
    }
    return value;
  }

 private:
  void attach(int node, int parent) {
    const int first = child_[parent];
    parent_[node] = parent;
    next_[node] = first;
    last_[node] = -1;
    if (first >= 0) last_[first] = node;
    child_[parent] = node;
  }

  void detach(int node) {
    const int before = last_[node], after = next_[node];
    if (before >= 0) next_[before] = after;
    else child_[parent_[node]] = after;
    if (after >= 0) last_[after] = before;
  }

  void change(int node, double by) {
    const double flow = flow_[node] + by;
    flow_[node] = flow > tiny_ ? flow : 0;
  }

  /** Whether the flow between a node and its parent goes up. */
  bool goesUp(int node) const { return node < n_; }

  void pivot(size_t entering) {
    const int from = static_cast<int>(entering / m_), to = n_ + static_cast<int>(entering % m_);
    // Flow around the cycle goes along the entering arc, up from its end and down to its start. The last arc on this way that it empties
    // first leaves, counted from the node where both paths meet.
    int one = from, other = to, leaving = -1;
    bool isAbove = true;
    double least = INFINITY;
    while (one != other) {
      if (depth_[one] >= depth_[other]) {
        if (goesUp(one) && flow_[one] < least) least = flow_[one], leaving = one;
        one = parent_[one];
      } else {
        other = parent_[other];
      }
    }
    for (int node = to; node != one; node = parent_[node])
      if (!goesUp(node) && flow_[node] <= least) least = flow_[node], leaving = node, isAbove = false;
    if (least > 0) {
      for (int node = from; node != one; node = parent_[node]) change(node, goesUp(node) ? -least : least);
      for (int node = to; node != one; node = parent_[node]) change(node, goesUp(node) ? least : -least);
    }
    const double reduced = cost_[entering] - potential_[from] + potential_[to];
    const int inside = isAbove ? from : to;
    hang(inside, isAbove ? to : from, leaving, least, static_cast<long long>(entering));
    const double shift = isAbove ? reduced : -reduced;
    stack_.assign(1, inside);
    while (!stack_.empty()) {
      const int node = stack_.back();
      stack_.pop_back();
      potential_[node] += shift;
      depth_[node] = depth_[parent_[node]] + 1;
      for (int below = child_[node]; below >= 0; below = next_[below]) stack_.push_back(below);
    }
  }

  void hang(int node, int parent, int top, double flow, long long arc) {
    for (;;) {
      const int above = parent_[node];
      const double flowBefore = flow_[node];
      const long long arcBefore = arc_[node];
      detach(node);
      attach(node, parent);
      flow_[node] = flow;
      arc_[node] = arc;
      if (node == top) return;
      parent = node;
      node = above;
      flow = flowBefore;
      arc = arcBefore;
    }
  }

  int n_, m_, root_;
  const double* cost_;
  double artificial_, tolerance_, tiny_;
  std::vector<int> parent_;
  std::vector<long long> arc_;
  std::vector<int> depth_, child_, next_, last_;
  std::vector<double> flow_, potential_;
  std::vector<int> stack_;
};

}  // namespace

int main(int count, char** given) {
  if (count != 5) return 1;
  const int n = atoi(given[2]), m = atoi(given[3]), repetitions = atoi(given[4]);
  std::vector<double> numbers(static_cast<size_t>(n) + m + static_cast<size_t>(n) * m);
  FILE* input = fopen(given[1], "rb");
  if (!input || fread(numbers.data(), sizeof(double), numbers.size(), input) != numbers.size()) return 1;
  fclose(input);
  double value = 0;
  printf("{\"seconds\":[");
  for (int k = 0; k < repetitions; k++) {
    const clock_t began = clock();
    NetworkSimplex simplex(n, m, numbers.data(), numbers.data() + n, numbers.data() + n + m);
    value = simplex.solve();
    printf("%s%.9g", k ? "," : "", static_cast<double>(clock() - began) / CLOCKS_PER_SEC);
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("],\"value\":%.17g,\"peak\":%g}\n", value, usage.ru_maxrss / 1024.0);
}
