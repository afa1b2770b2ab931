package github

import (
	"math"
	"strings"
)

// cvssScore gives the base score of a CVSS 3.0 or 3.1 vector and GitHub's word for it; the word is empty for what is
// no such vector. (GitHub takes CVSS 4.0 too; the sandbox does not.)
func cvssScore(vector string) (float64, string) {
	rest, ok := strings.CutPrefix(vector, "CVSS:3.1/")
	if !ok {
		if rest, ok = strings.CutPrefix(vector, "CVSS:3.0/"); !ok {
			return 0, ""
		}
	}
	m := map[string]string{}
	for part := range strings.SplitSeq(rest, "/") {
		k, v, has := strings.Cut(part, ":")
		if !has || m[k] != "" {
			return 0, ""
		}
		m[k] = v
	}
	changed := m["S"] == "C"
	if !changed && m["S"] != "U" {
		return 0, ""
	}
	weigh := func(metric string, weights map[string]float64) float64 {
		if w, known := weights[m[metric]]; known {
			return w
		}
		return math.NaN() // carries through to the end
	}
	impact := map[string]float64{"H": 0.56, "L": 0.22, "N": 0}
	privileges := map[string]float64{"N": 0.85, "L": 0.62, "H": 0.27}
	if changed {
		privileges = map[string]float64{"N": 0.85, "L": 0.68, "H": 0.5}
	}
	exploit := 8.22 * weigh("AV", map[string]float64{"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2}) *
		weigh("AC", map[string]float64{"L": 0.77, "H": 0.44}) * weigh("PR", privileges) *
		weigh("UI", map[string]float64{"N": 0.85, "R": 0.62})
	iss := 1 - (1-weigh("C", impact))*(1-weigh("I", impact))*(1-weigh("A", impact))
	hurt := 6.42 * iss
	if changed {
		hurt = 7.52*(iss-0.029) - 3.25*math.Pow(iss-0.02, 15)
	}
	score := exploit + hurt
	if changed {
		score *= 1.08
	}
	switch {
	case math.IsNaN(exploit + iss):
		return 0, ""
	case hurt <= 0:
		return 0, "low"
	}
	score = roundUp(min(score, 10))
	switch {
	case score >= 9:
		return score, "critical"
	case score >= 7:
		return score, "high"
	case score >= 4:
		return score, "medium"
	}
	return score, "low"
}

// roundUp is the specification's, which avoids the surprises of floating point.
func roundUp(x float64) float64 {
	n := int(math.Round(x * 100000))
	if n%10000 == 0 {
		return float64(n) / 100000
	}
	return (math.Floor(float64(n)/10000) + 1) / 10
}
