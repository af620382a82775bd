//! Values under small numbers, which are used again.

/// A table whose rows have numbers.
pub(crate) struct Slab<T> {
    rows: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Takes a value in, and says its number.
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(number) => {
                self.rows[number as usize] = Some(value);
                number
            }
            None => {
                self.rows.push(Some(value));
                (self.rows.len() - 1) as u32
            }
        }
    }

    /// Takes a value out.
    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        let value = self.rows.get_mut(number as usize)?.take()?;
        self.free.push(number);
        Some(value)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    pub(crate) fn find(&self, number: u32) -> Option<&T> {
        self.rows.get(number as usize)?.as_ref()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.rows.iter().zip(0..).filter_map(|(row, number)| Some((number, row.as_ref()?)))
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;

    /// # Panics
    /// For a number that nothing has: numbers are handed out here alone, and forgotten with what has them.
    fn index(&self, number: u32) -> &T {
        self.find(number).expect("a number that was handed out")
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, number: u32) -> &mut T {
        self.rows.get_mut(number as usize).and_then(Option::as_mut).expect("a number that was handed out")
    }
}
