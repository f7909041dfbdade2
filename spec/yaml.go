package spec

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits that keep a hostile file from costing more than a moment. A real spec stays far below each of them.
const (
	maxBytes  = 1 << 20
	maxTokens = 20_000 // the YAML library needs time that grows with the square of the keys in one mapping
	maxDepth  = 32     // of lists and mappings in each other
	maxNodes  = 50_000 // counted with every alias replaced by what it stands for
)

// kind is the type of a value in words for messages.
type kind string

const (
	kindString  kind = "a string"
	kindNumber  kind = "a number"
	kindBool    kind = "a boolean"
	kindNull    kind = "nothing"
	kindList    kind = "a list"
	kindMapping kind = "a mapping"
)

// node is one YAML value: only what crossgo's format needs, every piece with its place.
type node struct {
	kind   kind
	text   string // of scalars: as written in the file, without quotes; "" for nothing
	pos    Pos
	items  []*node // of a list
	fields []field // of a mapping, in the order of the file, duplicates included
	size   int     // number of nodes in it, aliases replaced
}

type field struct{ key, value *node }

// scalar reports whether the value is written as one piece of text, or not at all.
func (n *node) scalar() bool { return n.kind != kindList && n.kind != kindMapping }

// tree turns the text of a file into nodes.
type tree struct {
	*problems
	anchors map[string]*node
	seen    map[Pos]bool // places of the tokens that became part of a node
}

// readYAML is the only document of data as a node: nil for a file without one, or when it noted a problem.
func readYAML(p *problems, data []byte) *node {
	data, ok := p.cleanText(data)
	if !ok {
		return nil
	}
	tokens, ok := p.tokens(data)
	if !ok {
		return nil
	}
	file, err := parseTokens(tokens)
	if err != nil {
		p.syntax(err)
		return nil
	}
	t := &tree{p, map[string]*node{}, map[Pos]bool{}}
	before := len(p.list)
	body := t.document(file)
	if body == nil || len(p.list) > before {
		return nil
	}
	n := t.node(body, Pos{1, 1})
	t.nothingLost(tokens)
	if len(p.list) > before {
		return nil // what the format says of half a tree would only confuse
	}
	return n
}

// cleanText takes away the byte order mark and the CR of line ends (neither moves a line or a column), and refuses text
// that is not text.
func (p *problems) cleanText(data []byte) ([]byte, bool) {
	if len(data) > maxBytes {
		p.fail(Pos{}, "", "the file has %d bytes, allowed are %d", len(data), maxBytes)
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	pos := Pos{1, 1}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			p.fail(pos, "", "found byte 0x%02x, the file must be UTF-8 text", data[i])
			return nil, false
		}
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\ufeff' {
			p.fail(pos, "", "found the control character %U, which YAML does not allow", r)
			return nil, false
		}
		pos.Column++
		if r == '\n' {
			pos = Pos{pos.Line + 1, 1}
		}
		i += size
	}
	return data, true
}

// tokens splits the text and refuses what would be too much for the parser, which follows the nesting by recursion.
func (p *problems) tokens(data []byte) (tokens token.Tokens, ok bool) {
	tokens = lexer.Tokenize(string(data))
	if len(tokens) > maxTokens {
		p.fail(Pos{}, "", "the file has more than %d words and signs, which no build needs", maxTokens)
		return nil, false
	}
	var d depth
	for _, tk := range tokens {
		if deep := d.next(tk); deep > maxDepth {
			p.fail(tokenPos(tk), "", "lists and mappings are nested more than %d deep", maxDepth)
			return nil, false
		}
		if d.flow < 0 { // the library would end the document here without a word
			p.fail(tokenPos(tk), "", "not valid YAML: %s closes nothing", quote(tk.Value))
			return nil, false
		}
	}
	return tokens, true
}

// depth follows how deep lists and mappings are nested, from tokens alone.
type depth struct {
	flow    int   // open brackets
	signs   int   // "-", "?", "&", "!" since the last text: each may open a level
	line    int   // of the last token
	columns []int // columns at which the enclosing lines begin
}

func (d *depth) next(tk *token.Token) int {
	at := tokenPos(tk)
	if at.Line != d.line {
		for len(d.columns) > 0 && d.columns[len(d.columns)-1] >= at.Column {
			d.columns = d.columns[:len(d.columns)-1]
		}
		d.columns, d.line = append(d.columns, at.Column), at.Line
	}
	switch tk.Type {
	case token.SequenceStartType, token.MappingStartType:
		d.flow++
	case token.SequenceEndType, token.MappingEndType:
		d.flow--
	case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType, token.MappingValueType:
		d.signs++
	default:
		d.signs = 0
	}
	return len(d.columns) + d.signs + d.flow
}

// parseTokens calls the library's parser. A panic in it is its bug, but a user must see a line, not a stack.
func parseTokens(tokens token.Tokens) (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the text is too broken to say what is wrong with it")
		}
	}()
	// Duplicate keys are allowed here because the library stops at the first; mapping finds them all.
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// hints say in the words of a user what the library says in the words of the YAML grammar.
var hints = []struct{ says, hint string }{
	{`found character '	' that cannot start any token`, "a tab is used for indentation, use spaces"},
	{"mapping value is not allowed in this context", `a second ": " on the line, or wrong indentation; text with ": " in it needs quotes`},
	{"block sequence entries are not allowed in this context", `a list with "- " begins on a line of its own`},
	{"invalid header option", "text that begins with > or | needs quotes"},
	{"is a reserved character", "text that begins with it needs quotes"},
}

// syntax notes an error of the YAML library: its first sentence and its place, without the source lines it draws.
func (p *problems) syntax(err error) {
	pos, text := Pos{}, err.Error()
	var e yaml.Error
	if errors.As(err, &e) {
		text = e.GetMessage()
		if tk := e.GetToken(); tk != nil {
			pos = tokenPos(tk)
		}
	}
	for _, h := range hints {
		if strings.Contains(text, h.says) {
			text = fmt.Sprintf("%s (%s)", strings.ReplaceAll(text, "\t", `\t`), h.hint)
			break
		}
	}
	p.fail(pos, "", "not valid YAML: %s", strings.Join(strings.Fields(text), " "))
}

// document is the body of the only document, nil for an empty one.
func (t *tree) document(f *ast.File) ast.Node {
	var body ast.Node
	for i, d := range f.Docs {
		if dir, ok := d.Body.(*ast.DirectiveNode); ok {
			t.fail(tokenPos(dir.Start), "", "found a YAML directive (%%), which a crossgo file does not need")
			return nil
		}
		if i > 0 {
			pos := Pos{}
			if d.Start != nil {
				pos = tokenPos(d.Start)
			}
			t.fail(pos, "", "found a second YAML document, allowed is one per file")
			return nil
		}
		body = d.Body
	}
	return body
}

// node converts one value. above is the place that stands in for a value that is not written.
func (t *tree) node(n ast.Node, above Pos) *node {
	switch n := n.(type) {
	case nil:
		return &node{kind: kindNull, pos: above, size: 1}
	case *ast.MappingNode:
		return t.mapping(n)
	case *ast.MappingValueNode:
		return t.mapping(&ast.MappingNode{Start: n.Start, Values: []*ast.MappingValueNode{n}})
	case *ast.SequenceNode:
		return t.sequence(n)
	case *ast.AnchorNode:
		return t.anchor(n, above)
	case *ast.AliasNode:
		return t.alias(n)
	case *ast.TagNode:
		return t.tag(n, above)
	}
	return t.scalar(n, above)
}

// scalarKind sorts the library's scalars. The text is always that of the file, so 1.20 stays "1.20" and 0x10 "0x10".
func scalarKind(n ast.Node) (kind, bool) {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode, *ast.MergeKeyNode:
		return kindString, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return kindNumber, true
	case *ast.BoolNode:
		return kindBool, true
	case *ast.NullNode:
		return kindNull, true
	}
	return "", false
}

func (t *tree) scalar(n ast.Node, above Pos) *node {
	tk := n.GetToken()
	k, ok := scalarKind(n)
	if !ok {
		t.fail(t.mark(tk), "", "found a kind of YAML value that a crossgo file does not have")
		return &node{kind: kindNull, pos: tokenPos(tk), size: 1}
	}
	if tk.Type == token.ImplicitNullType {
		return &node{kind: k, pos: above, size: 1}
	}
	s := &node{kind: k, pos: t.mark(tk), text: tk.Value, size: 1}
	if lit, ok := n.(*ast.LiteralNode); ok {
		t.mark(lit.Value.GetToken())
		s.text = lit.Value.Value
	}
	if k == kindNull {
		s.text = ""
	}
	return s
}

func (t *tree) sequence(n *ast.SequenceNode) *node {
	list := &node{kind: kindList, pos: t.mark(n.Start), size: 1}
	for i, v := range n.Values {
		above := list.pos
		if i < len(n.Entries) && n.Entries[i] != nil && n.Entries[i].Start != nil {
			above = tokenPos(n.Entries[i].Start)
		}
		item := t.node(v, above)
		list.items = append(list.items, item)
		t.grow(list, item)
	}
	return list
}

func (t *tree) mapping(n *ast.MappingNode) *node {
	m := &node{kind: kindMapping, pos: tokenPos(n.Start), size: 1}
	if n.IsFlowStyle {
		t.mark(n.Start)
	}
	for i, v := range n.Values {
		key := t.key(v.Key)
		if i == 0 && !n.IsFlowStyle {
			m.pos = key.pos // the library's own token is the first colon
		}
		value := t.node(v.Value, key.pos)
		if key.kind != kindNull {
			m.fields = append(m.fields, field{key, value})
		}
		t.grow(m, value)
	}
	return m
}

// key converts the key of a mapping; the result is of kindNull when it is not one that crossgo takes.
func (t *tree) key(n ast.MapKeyNode) *node {
	if n.IsMergeKey() {
		pos := t.mark(n.GetToken())
		t.fail(pos, "", "found a merge key (<<), which is not supported: repeat the keys, or use an alias for a whole value")
		return &node{kind: kindNull, pos: pos}
	}
	if mk, ok := n.(*ast.MappingKeyNode); ok {
		t.fail(tokenPos(mk.Start), "", "found an explicit key (?), write KEY: VALUE")
		t.node(mk.Value, tokenPos(mk.Start))
		return &node{kind: kindNull, pos: tokenPos(mk.Start)}
	}
	key := t.node(n, tokenPos(n.GetToken()))
	if !key.scalar() || key.kind == kindNull {
		t.fail(key.pos, "", "found %s as a key, wanted a word", key.kind)
		return &node{kind: kindNull, pos: key.pos}
	}
	return key
}

func (t *tree) anchor(n *ast.AnchorNode, above Pos) *node {
	t.mark(n.Start)
	t.mark(n.Name.GetToken())
	value := t.node(n.Value, above)
	t.anchors[n.Name.GetToken().Value] = value // set only now: a value cannot hold itself
	return value
}

func (t *tree) alias(n *ast.AliasNode) *node {
	pos := t.mark(n.Start)
	name := n.Value.GetToken()
	t.mark(name)
	if value, ok := t.anchors[name.Value]; ok {
		return value
	}
	t.fail(pos, "", "found the alias %s, but no anchor %s above it", quote("*"+name.Value), quote("&"+name.Value))
	return &node{kind: kindNull, pos: pos, size: 1}
}

// tag takes !!str, which turns any scalar into a string, and nothing else.
func (t *tree) tag(n *ast.TagNode, above Pos) *node {
	pos := t.mark(n.Start)
	value := t.node(n.Value, above)
	if n.Start.Value != "!!str" || !value.scalar() {
		t.fail(pos, "", "found the tag %s, allowed is !!str in front of a simple value", quote(n.Start.Value))
		return value
	}
	str := *value
	str.kind = kindString
	return &str
}

// grow counts the nodes with aliases replaced, so that a small file cannot stand for a huge one.
func (t *tree) grow(parent, child *node) {
	if parent.size <= maxNodes && parent.size+child.size > maxNodes {
		t.fail(child.pos, "", "the file stands for more than %d values once its aliases are replaced", maxNodes)
	}
	parent.size += child.size
	if parent.size > maxNodes {
		parent.size, parent.items, parent.fields = maxNodes+1, nil, nil
	}
}

// mark notes that a token became part of the tree, and where it ends.
func (t *tree) mark(tk *token.Token) Pos {
	pos := tokenPos(tk)
	t.seen[pos] = true
	written, _, _ := strings.Cut(strings.TrimSpace(tk.Origin), "\n")
	t.ends[pos] = Pos{pos.Line, pos.Column + max(1, utf8.RuneCountInString(written))}
	return pos
}

// nothingLost refuses text that the library's parser passed over without a word, as it does with what follows a
// complete document on the same level.
func (t *tree) nothingLost(tokens token.Tokens) {
	for _, tk := range tokens {
		switch tk.Type {
		case token.StringType, token.SingleQuoteType, token.DoubleQuoteType, token.IntegerType, token.FloatType, token.BoolType,
			token.NullType, token.LiteralType, token.FoldedType, token.AnchorType, token.AliasType, token.TagType,
			token.SequenceStartType, token.MappingStartType:
			if pos := tokenPos(tk); !t.seen[pos] {
				t.fail(pos, "", "not valid YAML: %s does not belong to any value", quote(tk.Value))
				return
			}
		}
	}
}

// tokenPos is the place of a token. The library counts columns in characters from 1, but gives 0 for the text of a block.
func tokenPos(tk *token.Token) Pos {
	return Pos{max(1, tk.Position.Line), max(1, tk.Position.Column)}
}
