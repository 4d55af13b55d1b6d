//! What the parts of a PDF are, for those who have it read to them: headings, tables and
//! pictures with their words, in reading order. `press` adds where each part was drawn.

use krilla::tagging::{Identifier, Node, TableHeaderScope, Tag, TagGroup, TagTree};
use std::num::NonZeroU16;

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A heading of this level, and what it says.
    Heading(NonZeroU16, String),
    /// A paragraph.
    Text,
    /// All of one monitor or group.
    Section,
    /// A table; its rows are below it.
    Table,
    /// A row; its cells are below it.
    Row,
    /// The name of a column.
    ColumnName,
    /// What a row is about.
    RowName,
    /// Any other cell.
    Cell,
    /// A picture, and what it shows in words.
    Picture(String),
}

/// A part of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part(usize);

struct Branch {
    role: Role,
    children: Vec<Part>,
    drawn: Vec<Identifier>,
}

/// All parts.
#[derive(Default)]
pub(super) struct Tree {
    branches: Vec<Branch>,
    roots: Vec<Part>,
}

impl Tree {
    /// A new part, the last one below `parent`, or at the top.
    pub(super) fn add(&mut self, parent: Option<Part>, role: Role) -> Part {
        let part = Part(self.branches.len());
        self.branches.push(Branch { role, children: Vec::new(), drawn: Vec::new() });
        match parent.and_then(|parent| self.branches.get_mut(parent.0)) {
            Some(parent) => parent.children.push(part),
            None => self.roots.push(part),
        }
        part
    }

    /// Something of a part was drawn.
    pub(super) fn drawn(&mut self, part: Part, what: Identifier) {
        if let Some(branch) = self.branches.get_mut(part.0) {
            branch.drawn.push(what);
        }
    }

    /// The tree as it is written down. Parts of which nothing was drawn are left out.
    pub(super) fn written(&self) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(super::LANGUAGE.to_owned()));
        for root in &self.roots {
            if let Some(group) = self.group(*root) {
                tree.push(group);
            }
        }
        tree
    }

    /// No deeper than sections, tables, rows and cells.
    fn group(&self, part: Part) -> Option<TagGroup> {
        let branch = self.branches.get(part.0)?;
        let mut group = match &branch.role {
            Role::Heading(level, text) => TagGroup::new(Tag::Hn(*level, Some(text.clone()))),
            Role::Text => TagGroup::new(Tag::P),
            Role::Section => TagGroup::new(Tag::Section),
            Role::Table => TagGroup::new(Tag::Table),
            Role::Row => TagGroup::new(Tag::TR),
            Role::ColumnName => TagGroup::new(Tag::TH(TableHeaderScope::Column)),
            Role::RowName => TagGroup::new(Tag::TH(TableHeaderScope::Row)),
            Role::Cell => TagGroup::new(Tag::TD),
            Role::Picture(words) => TagGroup::new(Tag::Figure(Some(words.clone()))),
        };
        group.children.extend(branch.drawn.iter().copied().map(Node::from));
        let below = branch.children.iter().filter_map(|child| self.group(*child));
        group.children.extend(below.map(Node::from));
        (!group.children.is_empty()).then_some(group)
    }
}
